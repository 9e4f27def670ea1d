import type { Columns } from '../columns/columns.ts';
import { fieldNames } from '../schema/table-schema.ts';
import { RecordEncoder } from './canonical-record.ts';
import type { Comparable, Comparison } from './comparable.ts';
import { RangeChecksums, rangeOf } from './range-checksums.ts';

/** Reads all records of an end from its beginning; the columns are good until the next ones are asked for. */
export type ReadRecords = () => AsyncIterable<Columns>;

/** An end that can only be read: for each answer all of its records pass through this process, a batch at a time. */
export class StreamedRecords implements Comparable {
  readonly place = 'in this process';
  passes = 0;
  readonly #comparison: Comparison;
  readonly #read: ReadRecords;

  constructor(comparison: Comparison, read: ReadRecords) {
    this.#comparison = comparison;
    this.#read = read;
  }

  async checksums(): Promise<RangeChecksums> {
    this.passes++;
    const { schema, key } = this.#comparison;
    const sums = new RangeChecksums();
    const records = new RecordEncoder(fieldNames(schema));
    const keys = new RecordEncoder(key);
    for await (const columns of this.#read()) {
      const record = records.forColumns(columns);
      const keyOf = key.length === 0 ? () => undefined : keys.forColumns(columns);
      for (let index = 0; index < columns.length; index++) sums.add(record(index), keyOf(index));
    }
    return sums;
  }

  async *records(ranges: ReadonlySet<number>): AsyncGenerator<Columns> {
    this.passes++;
    const { schema, key } = this.#comparison;
    const keys = new RecordEncoder(key.length === 0 ? fieldNames(schema) : key);
    for await (const columns of this.#read()) {
      const keyOf = keys.forColumns(columns);
      const indices: number[] = [];
      for (let index = 0; index < columns.length; index++) if (ranges.has(rangeOf(keyOf(index)))) indices.push(index);
      if (indices.length > 0) yield columns.take(indices);
    }
  }

  async close(): Promise<void> {}
}
