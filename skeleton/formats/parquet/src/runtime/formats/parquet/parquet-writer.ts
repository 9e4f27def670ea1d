import { setImmediate } from 'node:timers/promises';
import type { Columns } from '../../columns/columns.ts';
import type { TableSchema } from '../../schema/table-schema.ts';
import { type Bounds, boundToValue, mergeBounds } from './bounds.ts';
import { encodeChunk } from './column-chunk.ts';
import { type CompressedChunk, compressChunk } from './compression.ts';
import { GatheredColumn } from './gathered-column.ts';
import { PageMemory } from './page-memory.ts';
import { COLUMNS_AT_ONCE, ParquetFile } from './parquet-file.ts';

/** A row group has at most so many records and about so many bytes; the memory of a writer depends on nothing else. */
const GROUP_ROWS = 60_000;
const GROUP_BYTES = 16 * 1024 * 1024;

export interface ColumnSummary {
  readonly nullCount: number;
  /** Smallest and largest value as `readValues` gives them; not for json and binary, nor where all are NULL or NaN. */
  readonly min?: unknown;
  readonly max?: unknown;
}

export interface ParquetSummary {
  readonly rows: number;
  /** Size of the file. */
  readonly bytes: number;
  readonly columns: ReadonlyMap<string, ColumnSummary>;
}

/**
 * Writes one Parquet file of flat columns: zstd, dictionaries where they pay, statistics of every column chunk.
 *
 * The file is written under a hidden name beside `path` and appears there, on disk for good, with `finish`.
 */
export class ParquetWriter {
  readonly #file: ParquetFile;
  readonly #schema: TableSchema;
  readonly #statistics: { nullCount: number; bounds: Bounds | undefined }[];
  readonly #gathered: readonly GatheredColumn[];
  #gatheredRows = 0;
  #gatheredBytes = 0;
  readonly #pages = new PageMemory();
  /** The row group that is being written while the next one is gathered. */
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: ParquetFile, schema: TableSchema) {
    this.#file = file;
    this.#schema = schema;
    this.#statistics = schema.fields.map(() => ({ nullCount: 0, bounds: undefined }));
    this.#gathered = schema.fields.map((field) => new GatheredColumn(field));
  }

  /** @throws PipelineError STORAGE when the file cannot be made */
  static async open(path: string, schema: TableSchema): Promise<ParquetWriter> {
    return new ParquetWriter(await ParquetFile.create(path, schema), schema);
  }

  /** Bytes that are in the file so far; up to two row groups are still in memory. */
  get bytesWritten(): number {
    return this.#file.bytes;
  }

  /** Bytes that the records of the next row group take in memory. */
  get bytesGathered(): number {
    return this.#gatheredBytes;
  }

  /**
   * Adds a copy of the records.
   *
   * @param columns in the order of the schema; each is written as the type in the schema, whatever its own field
   *   says, as long as both lie in memory alike (a uuid column can be written as string)
   * @throws PipelineError STORAGE when the disk fails or is full
   * @throws PipelineError REJECTED for a value that `findUnwritable` names
   */
  async write(columns: Columns): Promise<void> {
    const parts = Math.ceil(Math.max(1, columns.length / GROUP_ROWS, columns.byteLength / GROUP_BYTES));
    const step = Math.ceil(columns.length / parts);
    for (let start = 0; start < columns.length; start += step) {
      const part = columns.slice(start, Math.min(columns.length, start + step));
      const size = part.byteLength;
      if (this.#gatheredRows + part.length > GROUP_ROWS || this.#gatheredBytes + size > GROUP_BYTES) {
        await this.#endGroup();
      }
      for (const [index, gathered] of this.#gathered.entries()) {
        const column = part.columns[index];
        if (column === undefined) throw new RangeError(`The records have no column ${gathered.field.name}.`);
        gathered.append(column, part.length);
        if (index % COLUMNS_AT_ONCE === COLUMNS_AT_ONCE - 1) await setImmediate();
      }
      this.#gatheredRows += part.length;
      this.#gatheredBytes += size;
    }
  }

  /**
   * Writes what is gathered and the footer, and makes the file appear under its name.
   *
   * @throws PipelineError STORAGE when the disk fails or is full; call `abort` then
   */
  async finish(): Promise<ParquetSummary> {
    await this.#endGroup();
    await this.#writing;
    await this.#file.publish();
    return { rows: this.#file.rows, bytes: this.#file.bytes, columns: this.#summaries() };
  }

  /** Gives up: nothing of the file remains. */
  async abort(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#file.discard();
  }

  async #endGroup(): Promise<void> {
    const rows = this.#gatheredRows;
    if (rows === 0) return;
    const chunks: CompressedChunk[] = [];
    for (const [index, gathered] of this.#gathered.entries()) {
      // Meanwhile the source goes on: it is read between two pages.
      chunks.push(await this.#encode(gathered, index));
      gathered.clear();
    }
    this.#gatheredRows = 0;
    this.#gatheredBytes = 0;
    await this.#writing;
    this.#writing = this.#file.appendGroup(chunks, rows);
    // A failure is thrown by whoever awaits it next: the next row group, `finish` or nobody after `abort`.
    this.#writing.catch(() => undefined);
  }

  async #encode(gathered: GatheredColumn, index: number): Promise<CompressedChunk> {
    const chunk = await compressChunk(encodeChunk(gathered, this.#pages));
    const statistics = this.#statistics[index];
    if (statistics !== undefined) {
      statistics.nullCount += chunk.nullCount;
      statistics.bounds = mergeBounds(statistics.bounds, chunk.bounds);
    }
    return chunk;
  }

  #summaries(): Map<string, ColumnSummary> {
    const summaries = new Map<string, ColumnSummary>();
    for (const [index, field] of this.#schema.fields.entries()) {
      const { nullCount = 0, bounds } = this.#statistics[index] ?? {};
      const range = bounds && { min: boundToValue(field, bounds.min), max: boundToValue(field, bounds.max) };
      summaries.set(field.name, { nullCount, ...range });
    }
    return summaries;
  }
}
