import { execFileSync } from 'node:child_process';
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
  const ask = (expression: string) =>
    execFileSync(python, ['-c', `import importlib.metadata, importlib.util\nprint(${expression})`], {
      encoding: 'utf8',
    }).trim();
  return {
    python,
    folder: join(programs, '..'),
    program: (program) => join(programs, program),
    versionOf: (distribution) => ask(`importlib.metadata.version(${JSON.stringify(distribution)})`),
    packageFolder: (module) => ask(`importlib.util.find_spec(${JSON.stringify(module)}).submodule_search_locations[0]`),
  };
}

/** Path of a file of this folder. */
export function besides(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

/** PostgreSQL's URL with the scheme that most of Python knows. */
export function postgresqlUrl(url: string): string {
  return url.replace(/^postgres:/, 'postgresql:');
}
