import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { pythonEnvironment } from '../../../scripts/python-environment.ts';

const run = promisify(execFile);
const row = z.record(z.string(), z.unknown());
const bounds = z.object({ nulls: z.number(), min: z.unknown().optional(), max: z.unknown().optional() });

const seenSchema = z.object({
  types: z.record(z.string(), z.string()),
  rows: z.array(row),
  duckTypes: z.record(z.string(), z.string()),
  duckRows: z.array(row),
  statistics: z.record(z.string(), z.array(bounds)),
  groups: z.number(),
});

/** pyarrow, DuckDB and polars, the readers and writers that most others are built on. */
export class Peers {
  readonly #python: string;

  private constructor(python: string) {
    this.#python = python;
  }

  static async install(): Promise<Peers> {
    const programs = await pythonEnvironment('parquet', resolve(import.meta.dirname, 'requirements.txt'));
    return new Peers(join(programs, 'python'));
  }

  /** What both see in a file; integers beyond 2^53 as text. */
  async read(path: string): Promise<z.infer<typeof seenSchema>> {
    return seenSchema.parse(await this.#run('parquet_files.py', 'read', path));
  }

  /** Writes files of every kind into a folder. @returns the names of those that all hold the same records */
  async write(folder: string): Promise<string[]> {
    return z.array(z.string()).parse(await this.#run('parquet_files.py', 'write', folder));
  }

  /** Writes `count` generated tables with each of them, in ever different ways. @returns the records of each file */
  async generate(folder: string, count: number): Promise<Record<string, Record<string, unknown>[]>> {
    const found = await this.#run('generated_files.py', 'generated', folder, String(count));
    return z.record(z.string(), z.array(row)).parse(found);
  }

  /** Writes files of a few kilobytes into a folder. */
  async writeSmall(folder: string): Promise<void> {
    await this.#run('generated_files.py', 'small', folder);
  }

  async #run(name: string, ...parameters: string[]): Promise<unknown> {
    const program = resolve(import.meta.dirname, name);
    const { stdout } = await run(this.#python, [program, ...parameters], { maxBuffer: 2 ** 28 });
    return parseExactly(stdout);
  }
}

/** JSON with integers beyond 2^53 as text. */
export function parseExactly(text: string): unknown {
  return JSON.parse(text, (_, value: unknown, { source }) =>
    typeof value === 'number' &&
    Number.isInteger(value) &&
    !Number.isSafeInteger(value) &&
    source !== undefined &&
    /^-?\d+$/.test(source)
      ? source
      : value,
  );
}
