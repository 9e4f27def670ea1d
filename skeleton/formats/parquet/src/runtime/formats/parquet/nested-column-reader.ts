import { type AsyncBuffer, type FileMetaData, parquetReadObjects } from 'hyparquet';
import type { Column } from '../../columns/column.ts';
import { toJsonText } from '../../columns/json-text.ts';
import { formatDate, formatTimestamp } from '../../columns/timestamps.ts';
import { copyValues } from './copy-values.ts';
import { inflateSync } from './decompression.ts';
import { textColumn } from './plain-decoding.ts';

interface RowGroupRange {
  /** Number of the row group's first record in the file, and of the one behind its last. */
  readonly rowStart: number;
  readonly rowEnd: number;
}

/**
 * Reads lists, maps and structs of one row group as JSON text, by way of hyparquet, which puts them together.
 *
 * Decimals inside of them are as exact as JSON numbers, dates and timestamps are ISO 8601 text.
 */
export class NestedColumnReader {
  readonly #file: AsyncBuffer;
  readonly #metadata: FileMetaData;
  readonly #name: string;
  readonly #range: RowGroupRange;
  #values: Promise<unknown[]> | undefined;
  #row = 0;

  constructor(file: AsyncBuffer, metadata: FileMetaData, name: string, range: RowGroupRange) {
    this.#file = file;
    this.#metadata = metadata;
    this.#name = name;
    this.#range = range;
  }

  async read(target: Column, at: number, count: number): Promise<void> {
    this.#values ??= this.#load();
    const part = (await this.#values).slice(this.#row, this.#row + count);
    const present = part.filter((value) => value !== null && value !== undefined);
    const levels = Uint8Array.from(part, (value) => (value === null || value === undefined ? 0 : 1));
    const column = textColumn(target.field, present.map(toJsonText));
    copyValues({ column, indices: undefined }, target, { from: 0, levels, at, count });
    this.#row += count;
  }

  async skip(count: number): Promise<void> {
    this.#row += count;
  }

  async #load(): Promise<unknown[]> {
    const rows = await parquetReadObjects({
      file: this.#file,
      metadata: this.#metadata,
      columns: [this.#name],
      ...this.#range,
      compressors: inflateSync,
      parsers: {
        timestampFromMilliseconds: (value) => formatTimestamp(value * 1000n, true),
        timestampFromMicroseconds: (value) => formatTimestamp(value, true),
        timestampFromNanoseconds: (value) => formatTimestamp(value / 1000n, true),
        dateFromDays: formatDate,
      },
    });
    return rows.map((row): unknown => row[this.#name]);
  }
}
