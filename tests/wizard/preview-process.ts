import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectDirectory } from '../../scripts/template/definition.ts';

export interface Preview {
  readonly address: string;
  readonly port: number;
  /** Where created repositories land. */
  readonly folder: string;
}

/** `npm run wizard` on a free port, with a folder that goes away with it. */
export async function startPreview(): Promise<Preview & { stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'etl-wizard-'));
  const port = await freePort();
  const program = join(projectDirectory, 'scripts/wizard.ts');
  const child = spawn(process.execPath, [program, '--port', String(port), '--out', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  await new Promise<void>((ready, fail) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      if (output.includes('Ready: ')) ready();
    });
    child.once('close', () => fail(new Error(`npm run wizard has ended: ${output}`)));
  });
  return {
    address: `http://localhost:${port}`,
    port,
    folder,
    async stop() {
      child.kill('SIGTERM');
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, 'localhost');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('The probe listens on no port');
  return address.port;
}
