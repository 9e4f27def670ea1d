import { execFile } from 'node:child_process';
import { createHash, randomUUIDv7 } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { acquireLease, type Lease } from '../skeleton/base/src/runtime/state/lease.ts';
import { openSqliteState } from '../skeleton/base/src/runtime/state/sqlite-database.ts';
import { StateStore } from '../skeleton/base/src/runtime/state/state-store.ts';

const run = promisify(execFile);

/** Kept between clones: what is in it can always be made again. */
export const cacheDirectory = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'etl-pipeline-template');

/**
 * A Python virtual environment with exactly the packages of a requirements file, installed on first use.
 *
 * @returns the folder of its programs
 * @throws Error with what pip said, when there is no Python 3 with venv or a package cannot be had
 */
export async function pythonEnvironment(name: string, requirementsFile: string): Promise<string> {
  const requirements = await readFile(requirementsFile);
  const { stdout: python } = await run('python3', ['--version']);
  const version = createHash('sha256').update(requirements).update(python).digest('hex').slice(0, 12);
  const directory = join(cacheDirectory, 'python', `${name}-${version}`);
  const programs = join(directory, 'bin');
  const complete = join(directory, 'complete');
  if (existsSync(complete)) return programs;
  const lease = await waitForLease(`${name}-${version}`);
  try {
    if (existsSync(complete)) return programs;
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    await run('python3', ['-m', 'venv', directory]);
    const install = ['install', '--quiet', '--no-deps', '--no-compile', '--requirement', requirementsFile];
    await run(join(programs, 'pip'), install, { maxBuffer: 2 ** 26 });
    await writeFile(complete, '');
    return programs;
  } finally {
    await lease.release();
  }
}

/** One process installs, the others wait; should it be killed, the next one takes over. */
async function waitForLease(name: string): Promise<Pick<Lease, 'release'>> {
  const store = await StateStore.open(openSqliteState(join(cacheDirectory, 'python')));
  for (;;) {
    try {
      const lease = await acquireLease(store.leases, name, randomUUIDv7());
      return { release: () => lease.release().finally(() => store.close()) };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'LOCKED')) throw error;
      await delay(500);
    }
  }
}
