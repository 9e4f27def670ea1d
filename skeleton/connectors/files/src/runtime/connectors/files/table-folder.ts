import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { asStorageError, systemErrorCode } from '../../errors/storage-error.ts';
import { readParquetSchema } from '../../formats/parquet/index.ts';
import { type Checkpoint, checkpointSchema } from '../../pipeline/position.ts';
import { parseType } from '../../schema/parse-type.ts';
import { describeType, type Field, type TableSchema } from '../../schema/table-schema.ts';
import { replaceFile, syncToDisk } from '../../storage/durable-files.ts';

const PART = /^part-(\d{12})-([0-9a-f]{8})\./;
/** Types as people write them: a team reads this file, and other programs may. */
const columnsSchema = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string().transform(parseType), nullable: z.boolean() })),
});
const stateSchema = z.object({
  stream: z.string(),
  checkpoint: checkpointSchema.optional(),
  /** The run that wrote it. */
  writer: z.string().optional(),
});

/** What a table says about one of its streams; without a checkpoint: that it began to write here. */
export interface StreamState {
  readonly checkpoint?: Checkpoint | undefined;
  readonly writer?: string | undefined;
}

/** A finished file of a table. */
export interface Part {
  readonly name: string;
  /** Number of its first batch. */
  readonly sequence: number;
}

/**
 * A folder that holds a table: `part-<first batch>-<stream>.<extension>`, the columns in `_schema.json`, and how far
 * each stream came in `_checkpoints/`. Several streams can write into one table.
 */
export class TableFolder {
  readonly path: string;
  readonly #stream: string;
  readonly #mark: string;
  readonly #scratch: string | undefined;

  /** @param scratch where small files are prepared; left out by those that do not write */
  constructor(path: string, stream: string, scratch?: string) {
    this.path = path;
    this.#stream = stream;
    this.#scratch = scratch;
    this.#mark = createHash('sha256').update(stream).digest('hex').slice(0, 8);
  }

  async create(): Promise<void> {
    await this.#guard(async () => {
      await mkdir(join(this.path, '_checkpoints'), { recursive: true });
    });
  }

  async remove(): Promise<void> {
    await this.#guard(() => rm(this.path, { recursive: true, force: true }));
  }

  partPath(sequence: number, extension: string): string {
    return join(this.path, `part-${String(sequence).padStart(12, '0')}-${this.#mark}.${extension}`);
  }

  /** The finished files of the stream, in order. */
  async parts(): Promise<Part[]> {
    const parts = (await namesIn(this.path)).flatMap((name) => {
      const match = PART.exec(name);
      return match !== null && match[2] === this.#mark ? [{ name, sequence: Number(match[1]) }] : [];
    });
    return parts.sort((left, right) => left.sequence - right.sequence);
  }

  /** Finished files of all streams. */
  async countParts(): Promise<number> {
    return (await namesIn(this.path)).filter((name) => PART.test(name)).length;
  }

  /** Removes the parts that a killed run of the stream left behind its checkpoint. */
  async removeLeftovers(committed: number): Promise<void> {
    const uncommitted = (await this.parts()).filter(({ sequence }) => sequence > committed);
    if (uncommitted.length === 0) return;
    await this.#guard(async () => {
      for (const { name } of uncommitted) await rm(join(this.path, name), { force: true });
      await syncToDisk(this.path);
    });
  }

  async readState(): Promise<StreamState | undefined> {
    const state = await this.#readJson(this.#statePath, stateSchema);
    if (state === undefined || state.stream === this.#stream) return state;
    throw new PipelineError(
      'CONFIGURATION',
      `${this.#statePath} is the checkpoint of ${state.stream}, not of ${this.#stream}.`,
      {
        where: { file: this.#statePath },
        hint: 'Rename one of the resources.',
      },
    );
  }

  /** The streams that have a checkpoint here, of all resources. */
  async streams(): Promise<string[]> {
    const folder = join(this.path, '_checkpoints');
    const files = (await namesIn(folder)).filter((name) => /^[^.].*\.json$/.test(name));
    const states = await Promise.all(files.map((name) => this.#readJson(join(folder, name), stateSchema)));
    return states.flatMap((state) => (state === undefined ? [] : [state.stream]));
  }

  /** Removes the checkpoint of the stream, and what a killed run of it left behind. */
  async forget(): Promise<void> {
    const state = await this.readState();
    if (state === undefined) return;
    await this.removeLeftovers(state.checkpoint?.sequence ?? -1);
    await this.#guard(async () => {
      await rm(this.#statePath, { force: true });
      await syncToDisk(join(this.path, '_checkpoints'));
    });
  }

  async writeState({ writer, checkpoint }: StreamState): Promise<void> {
    const state: z.infer<typeof stateSchema> = { stream: this.#stream, writer, ...(checkpoint && { checkpoint }) };
    await this.#guard(() => this.#replace(this.#statePath, state));
  }

  /** As it was written down, or as a Parquet file says that somebody else put there. */
  async readSchema(): Promise<TableSchema | undefined> {
    const written = await this.#readJson(this.#schemaPath, columnsSchema);
    if (written !== undefined) return { fields: written.columns };
    const newest = (await namesIn(this.path))
      .filter((name) => /^[^._].*\.parquet$/.test(name))
      .sort()
      .at(-1);
    return newest === undefined ? undefined : readParquetSchema(join(this.path, newest));
  }

  async writeSchema({ fields }: TableSchema): Promise<void> {
    const columns = fields.map(({ name, type, nullable }) => ({ name, type: describeType(type), nullable }));
    await this.#guard(() => this.#replace(this.#schemaPath, { columns }));
  }

  /** Several runs may write the same file at once, so each prepares it in a folder of its own. */
  #replace(path: string, value: unknown): Promise<void> {
    const temporary = join(this.#scratch ?? dirname(path), `.${basename(path)}.${this.#mark}.tmp`);
    return replaceFile(path, `${JSON.stringify(value, undefined, 2)}\n`, temporary);
  }

  get #statePath(): string {
    const name = this.#stream.replace(/[^\p{L}\p{N}_.-]+/gu, '.');
    return join(this.path, '_checkpoints', `${name}-${this.#mark}.json`);
  }

  get #schemaPath(): string {
    return join(this.path, '_schema.json');
  }

  async #readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return undefined;
      throw asStorageError(error, path);
    }
    try {
      return schema.parse(JSON.parse(text));
    } catch (error) {
      throw new PipelineError('UNREADABLE', `${path} is damaged.`, {
        where: { file: path },
        hint: 'Restore it from a backup. Without it nobody knows which records are there already.',
        cause: error,
      });
    }
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw asStorageError(error, this.path);
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw asStorageError(error, folder);
  }
}

/** The columns of a schema, and those of others that it does not have. */
export function withColumns(schema: TableSchema | undefined, fields: readonly Field[]): TableSchema {
  const known = schema?.fields ?? [];
  const names = new Set(known.map(({ name }) => name));
  return { fields: [...known, ...fields.filter(({ name }) => !names.has(name))] };
}
