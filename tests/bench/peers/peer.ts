import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonEnvironment } from '../../../scripts/python-environment.ts';

/** A Python environment with the exact packages of `requirements/<name>.txt`. */
export interface PeerEnvironment {
  readonly python: string;
  /** Folder of the environment. */
  readonly folder: string;
  program(name: string): string;
  versionOf(distribution: string): string;
  /** The folder of an installed package. */
  packageFolder(module: string): string;
}

export async function openEnvironment(
  name: 'duckdb' | 'polars' | 'dlt' | 'sling' | 'ingestr',
): Promise<PeerEnvironment> {
  const programs = await pythonEnvironment(`bench-${name}`, besides(`requirements/${name}.txt`));
  const python = join(programs, 'python');
  const folder = join(programs, '..');
  compileOnce(python, folder);
  const ask = (expression: string) =>
    execFileSync(python, ['-c', `import importlib.metadata, importlib.util\nprint(${expression})`], {
      encoding: 'utf8',
    }).trim();
  return {
    python,
    folder,
    program: (program) => join(programs, program),
    versionOf: (distribution) => ask(`importlib.metadata.version(${JSON.stringify(distribution)})`),
    packageFolder: (module) => ask(`importlib.util.find_spec(${JSON.stringify(module)}).submodule_search_locations[0]`),
  };
}

/** Or else the first run of a peer, and the only one of slow ones, would compile what it loads. */
function compileOnce(python: string, folder: string): void {
  const compiled = join(folder, 'compiled');
  if (existsSync(compiled)) return;
  // Packages carry files for other versions of Python, which do not compile.
  spawnSync(python, ['-m', 'compileall', '-q', join(folder, 'lib')], { stdio: 'ignore' });
  writeFileSync(compiled, '');
}

/** Path of a file of this folder. */
export function besides(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

/** PostgreSQL's URL with the scheme that most of Python knows. */
export function postgresqlUrl(url: string): string {
  return url.replace(/^postgres:/, 'postgresql:');
}
