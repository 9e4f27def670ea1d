import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { pythonEnvironment } from '../../../scripts/python-environment.ts';

const run = promisify(execFile);

const row = z.record(z.string(), z.unknown());

const tableSchema = z.object({
  version: z.number(),
  schema: z.array(z.object({ name: z.string(), type: z.string(), nullable: z.boolean() })),
  partitionColumns: z.array(z.string()),
  protocol: z.tuple([z.number(), z.number(), z.array(z.string())]),
  rows: z.array(row),
  files: z.array(z.string()),
  actions: z.array(row),
  history: z.array(z.string()),
});

export type TableContents = z.infer<typeof tableSchema>;

interface ReadOptions {
  readonly version?: number;
  /** Column to sort the rows by; `id` unless told. */
  readonly sort?: string;
  /** Conditions `[column, operator, value]` on rows, and on the partitions of `files`. */
  readonly where?: readonly (readonly [string, string, unknown])[];
  readonly partitions?: readonly (readonly [string, string, string])[];
}

/** The reference implementation of Delta, from Python. */
export class Deltalake {
  readonly #python: string;

  private constructor(python: string) {
    this.#python = python;
  }

  static async install(): Promise<Deltalake> {
    const programs = await pythonEnvironment('deltalake', resolve(import.meta.dirname, 'requirements.txt'));
    return new Deltalake(join(programs, 'python'));
  }

  async read(path: string, options: ReadOptions = {}): Promise<TableContents> {
    return tableSchema.parse(await this.run('read', path, options));
  }

  /** The ids of the rows of several tables, each in ascending order. */
  async readIds(paths: readonly string[]): Promise<Record<string, number[]>> {
    return z.record(z.string(), z.array(z.number())).parse(await this.run('ids', '', { paths }));
  }

  async run(command: string, path: string, options: object = {}): Promise<unknown> {
    const program = resolve(import.meta.dirname, 'delta_table.py');
    const { stdout } = await run(this.#python, [program, command, path, JSON.stringify(options)], {
      maxBuffer: 2 ** 28,
    });
    return JSON.parse(stdout);
  }
}
