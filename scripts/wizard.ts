// Starts a Backstage on this machine, with the template of this folder in its wizard.
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { ensureInstalled, run } from './bootstrap.mjs';
import { projectDirectory } from './template/definition.ts';

const USAGE = 64;
const preview = join(projectDirectory, 'backstage/preview');

const { port, out } = new Command('wizard')
  .description('Starts a Backstage on this machine, with the template of this folder in its wizard.')
  .option('--port <number>', 'where it listens, on this machine only', parsePort, 7007)
  .option('--out <folder>', 'where the repositories land that it creates', join(projectDirectory, 'out', 'wizard'))
  .parse()
  .opts();

try {
  process.exitCode = await start();
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}

async function start(): Promise<number> {
  if (!(await isFree(port))) {
    process.stderr.write(`Port ${port} is in use. Choose another one: npm run wizard -- --port ${port + 1}\n`);
    return USAGE;
  }
  await ensureInstalled(preview, process.execPath, { what: 'a Backstage with its frontend, once' });
  const folder = resolve(process.env.INIT_CWD ?? process.cwd(), out);
  return run(process.execPath, [join(preview, 'main.ts'), `http://localhost:${port}`, folder]);
}

function isFree(candidate: number): Promise<boolean> {
  return new Promise((done) => {
    const probe = createServer();
    probe.once('error', () => done(false));
    probe.listen(candidate, 'localhost', () => probe.close(() => done(true)));
  });
}

function parsePort(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) {
    throw new InvalidArgumentError('It must be a whole number from 1 to 65535.');
  }
  return number;
}
