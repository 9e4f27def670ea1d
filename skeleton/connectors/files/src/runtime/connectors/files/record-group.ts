import type { Columns } from '../../columns/columns.ts';
import type { Records } from '../../columns/records.ts';
import type { Rejection } from '../../pipeline/batch.ts';
import type { TableSchema } from '../../schema/table-schema.ts';

/** The records of one batch, as a format delivers them. */
export interface RecordGroup {
  readonly columns?: Columns;
  /** The same where not all is in columns. */
  readonly records?: Records;
  /** 1-based numbers in the file, one a record, or that of the first where they count up. */
  readonly rowNumbers: readonly number[] | number;
  readonly rejections: readonly Rejection[];
  /** Records read so far, rejected ones included, and bytes: where the next group starts. */
  readonly row: number;
  readonly offset: number;
  /** Bytes read for this group. */
  readonly bytes: number;
  /** Whether nothing can follow in the file; `false` where that is not known yet. */
  readonly last: boolean;
  /** Called once nobody reads the records any more. */
  readonly release?: () => void;
}

export interface ReadRequest {
  /** Deliver columns of this schema; `undefined`: what the file holds. */
  readonly schema: TableSchema | undefined;
  readonly row: number;
  readonly offset: number;
  /** Largest number of records of a group, rejected ones included. */
  readonly batchSize: number;
}

/** A record longer than this is rejected with its beginning only; it is never in memory as a whole. */
export const RECORD_BYTES = 16 * 1024 * 1024;
/** So much of a rejected record is kept. */
export const KEPT_BYTES = 64 * 1024;
/** A group ends behind the record that reaches so many bytes. */
export const GROUP_BYTES = 32 * 1024 * 1024;
/** A group has no more values than this, so that files of very many columns need no more memory than others. */
const GROUP_VALUES = 2_000_000;

/** Rows between which the event loop gets its turn while types are inferred; they may have hundreds of values. */
export const ROWS_AT_ONCE = 50;

/** Largest number of records of a group with so many columns. */
export function groupCapacity(batchSize: number, columns: number): number {
  return Math.min(batchSize, Math.ceil(GROUP_VALUES / Math.max(1, columns)));
}
