import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Service } from '../faults/service.ts';

/** One way to move the data of a route; `limit` is what the service is compared with. */
export interface Candidate {
  readonly name: string;
  /** Makes the destination empty; not timed. */
  prepare(): Promise<void>;
  run(): Promise<Timing>;
}

export interface Timing {
  readonly seconds: number;
  /** Of the process that does the work, where it is ours to ask. */
  readonly peakMebibytes?: number;
}

/** Times a whole process, from its start to its end. */
export async function timeProcess(
  command: readonly string[],
  options: { readonly folder?: string; readonly environment?: Record<string, string>; readonly output?: string } = {},
): Promise<Timing> {
  const [program = '', ...arguments_] = command;
  const output = options.output === undefined ? 'ignore' : openSync(options.output, 'w');
  const started = performance.now();
  const child = spawn(program, arguments_, {
    cwd: options.folder,
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', output, 'pipe'],
  });
  let messages = '';
  child.stderr?.on('data', (data: Buffer) => {
    messages += data.toString();
  });
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (typeof output === 'number') closeSync(output);
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${messages}`);
  return { seconds: (performance.now() - started) / 1000 };
}

const packageSchema = z.object({ scripts: z.object({ start: z.string().startsWith('node ') }) });
const RECORD_MEMORY = fileURLToPath(new URL('record-memory.mjs', import.meta.url));

/** Times what `npm start` of a service starts, without npm, and asks it for its peak memory. */
export async function timeService(service: Service, environment: Record<string, string>): Promise<Timing> {
  const folder = mkdtempSync(join(tmpdir(), 'peak-'));
  const file = join(folder, 'peak');
  const { scripts } = packageSchema.parse(JSON.parse(readFileSync(service.path('package.json'), 'utf8')));
  const [, ...options] = scripts.start.split(' ');
  const { seconds } = await timeProcess([process.execPath, '--import', RECORD_MEMORY, ...options], {
    folder: service.folder,
    environment: { ...environment, PEAK_MEMORY_FILE: file, CI: 'true', LOG_LEVEL: 'warn' },
  });
  const peakMebibytes = Math.round(Number(readFileSync(file, 'utf8')) / 1024);
  rmSync(folder, { recursive: true });
  return { seconds, peakMebibytes };
}
