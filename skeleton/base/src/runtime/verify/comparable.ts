import type { Columns } from '../columns/columns.ts';
import type { TableSchema } from '../schema/table-schema.ts';
import type { RangeChecksums } from './range-checksums.ts';

/** What of the records is compared. */
export interface Comparison {
  /** The columns, in the types of the sink. */
  readonly schema: TableSchema;
  /** Columns that identify a record; none: a record is its own key. */
  readonly key: readonly string[];
}

/** One end of a comparison. All its answers are about the same moment, as far as the system allows. */
export interface Comparable {
  /** How the checksums come about, for people: `in the database`, `in this process`. */
  readonly place: string;
  /** Questions that were put to the end: queries of a database, otherwise readings of everything. */
  readonly passes: number;
  /** Counts and checksums of the records by ranges of their keys. */
  checksums(): Promise<RangeChecksums>;
  /** The records of these ranges, as columns of the comparison's schema. */
  records(ranges: ReadonlySet<number>): AsyncIterable<Columns>;
  close(): Promise<void>;
}
