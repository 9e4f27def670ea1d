import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findNpm } from '../../../scripts/bootstrap.mjs';

export interface Ended {
  readonly status: number;
  readonly output: string;
}

/** Runs npm in a folder, under the Node that runs this test. */
export function npm(
  folder: string,
  options: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    ...variables,
  };
  // Vitest's own settings must not reach the Vitest of the repository.
  for (const name of Object.keys(env)) if (/^(VITEST|NODE_ENV|NODE_OPTIONS|TEST$)/.test(name)) delete env[name];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [findNpm(), ...options],
      { cwd: folder, env, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => {
        const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ status, output: `npm ${options.join(' ')} in ${folder}\n${stdout}${stderr}` });
      },
    );
  });
}

let last: string | undefined;

/**
 * Installs a repository with `npm ci`. The next one takes over what that one installed, after `npm ci` has compared its
 * lockfile with its dependencies, and changes what is different, which takes a fraction of the time.
 */
export async function install(folder: string): Promise<Ended> {
  const before = last;
  last = folder;
  if (before === undefined || !existsSync(join(before, 'node_modules'))) return npm(folder, ['ci']);
  await rename(join(before, 'node_modules'), join(folder, 'node_modules'));
  await rm(before, { recursive: true });
  const compared = await npm(folder, ['ci', '--dry-run']);
  return compared.status === 0 ? npm(folder, ['install', '--no-save']) : compared;
}
