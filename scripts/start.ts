// Renders a pipeline service from the template, installs it and runs it on the sample data that comes with it.
import { createHash } from 'node:crypto';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { ensureInstalled, findNpm, run } from './bootstrap.mjs';
import { type Answers, completeAnswers } from './template/answers.ts';
import { projectDirectory, readTemplate, withoutRemote } from './template/definition.ts';
import { LocalScaffolder } from './template/scaffolder.ts';

const ANSWERS: Answers = { name: 'orders', description: 'Moves orders from files into the lake.' };

const { out, fresh } = new Command('start')
  .description('Renders a pipeline service, installs it and runs it on the sample data that comes with it.')
  .option('--out <folder>', 'where the service is rendered', join(projectDirectory, 'out', 'orders'))
  .option('--fresh', 'forget the results of earlier runs and start over', false)
  .parse()
  .opts();
const service = resolve(out);
const shown = (path: string) => relative(process.cwd(), join(service, path)) || '.';

try {
  process.exit(await start());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}

async function start(): Promise<number> {
  if (fresh) rmSync(service, { recursive: true, force: true });
  await renderWhenChanged();
  await ensureInstalled(service, process.execPath, { what: 'the service' });
  process.stdout.write(`Running the pipeline in ${shown('')}\n\n`);
  const status = await run(process.execPath, [findNpm(), 'start', '--silent'], { folder: service });
  if (status === 0) process.stdout.write(success());
  else
    process.stderr.write(`\nThe pipeline ended with exit code ${status}. What it means: ${shown('docs/runbook.md')}\n`);
  return status;
}

/** Renders the service unless it was rendered from the same template before. The team's data and results stay. */
async function renderWhenChanged(): Promise<void> {
  const stamp = join(dirname(service), `.${ANSWERS.name}.rendered`);
  const fingerprint = fingerprintOf(['package.json', 'template.yaml', 'skeleton/**/*']);
  const rendered = existsSync(stamp) ? readFileSync(stamp, 'utf8') : undefined;
  if (rendered === fingerprint && existsSync(join(service, 'package.json'))) return;
  const started = performance.now();
  const template = withoutRemote(readTemplate());
  const scaffolder = new LocalScaffolder(template);
  mkdirSync(dirname(service), { recursive: true });
  const folder = mkdtempSync(join(dirname(service), '.rendering-'));
  try {
    await scaffolder.start();
    await scaffolder.run(completeAnswers(template, ANSWERS), folder);
    replaceExceptData(folder);
  } finally {
    await scaffolder.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  writeFileSync(stamp, fingerprint);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`Rendered the service ${ANSWERS.name} with the Backstage scaffolder: ${seconds} s\n`);
}

/** Puts a new rendering in the place of an older one, whose data, results and installed packages are kept. */
function replaceExceptData(folder: string): void {
  for (const kept of ['data', 'node_modules', '.env']) {
    if (!existsSync(join(service, kept))) continue;
    rmSync(join(folder, kept), { recursive: true, force: true });
    renameSync(join(service, kept), join(folder, kept));
  }
  rmSync(service, { recursive: true, force: true });
  renameSync(folder, service);
}

function fingerprintOf(patterns: readonly string[]): string {
  const hash = createHash('sha256');
  const exclude = (path: string) => path.includes('node_modules');
  for (const path of globSync(patterns, { cwd: projectDirectory, exclude }).sort()) {
    const file = join(projectDirectory, path);
    if (statSync(file).isFile()) hash.update(path).update(readFileSync(file));
  }
  return hash.digest('hex');
}

function success(): string {
  const results = [
    ['Service', ''],
    ['Input', 'data/landing/orders'],
    ['Delta table', 'data/lake/orders'],
    ['Dead letters', 'data/dead-letters/orders.ndjson'],
  ].flatMap(([what, path]) =>
    existsSync(join(service, path ?? '')) ? [`  ${what?.padEnd(14)}${shown(path ?? '')}`] : [],
  );
  return `
${results.join('\n')}

Next
  Look at what failed:       cd ${shown('')} && npm run pipeline -- dlq list
  Feed it more:              put a CSV or NDJSON file into ${shown('data/landing/orders')} and run npm start again: only the new one is read
  Start over:                npm start -- --fresh
  Create your own service:   npm run create -- --out ../my-pipeline
`;
}
