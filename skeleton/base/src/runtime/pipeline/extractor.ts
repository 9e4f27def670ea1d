import type { TableSchema } from '../schema/table-schema.ts';
import type { Comparable, Comparison } from '../verify/comparable.ts';
import type { Batch, Row } from './batch.ts';
import type { Check } from './check.ts';
import type { Position } from './position.ts';

export interface ExtractRequest {
  /** Go on after this; `undefined` reads from the start. */
  readonly from?: Position;
  /** Number of the first batch. */
  readonly firstSequence: number;
  /**
   * Deliver batches as columns of this schema, which `schema()` returned; records that do not fit are rejections.
   * `undefined`: somebody wants rows, as the source holds them (text formats without types give strings).
   */
  readonly columns?: TableSchema;
  /** Records that have this form at the source go to the sink as they are: it asked for it, and nobody else sees them. */
  readonly form?: string;
  /** Aborted when nobody waits for the next batch any more. */
  readonly signal?: AbortSignal;
}

/** Reads one stream of records from a source in bounded batches. */
export abstract class Extractor<T = Row> {
  /** Largest number of records of a batch. */
  abstract readonly batchSize: number;
  /** Records delivered so far, rejected ones included. */
  recordsRead = 0;

  /** What preflight asks: can the source be reached, is it there, may we read it. Moves nothing. */
  abstract check(): Promise<Check[]>;

  /**
   * The columns of the source.
   *
   * @param expected the columns of the sink, where it exists: formats without types of their own (CSV, JSON)
   *   take them for the columns they share, instead of inferring them from a sample
   */
  abstract schema(expected?: TableSchema): Promise<TableSchema>;

  /** Records still to come after `from`, where the source can tell cheaply; for the progress bar only. */
  async estimate(_from?: Position): Promise<number | undefined> {
    return undefined;
  }

  /** Seconds between the newest data up to `position` and now, where the position says how old its data is. */
  lagSeconds(_position: Position): number | undefined {
    return undefined;
  }

  /** Columns that identify a record, where the source itself says so. */
  async key(): Promise<readonly string[]> {
    return [];
  }

  /** All records for `pipeline verify`, where the source can compute their checksums. `undefined`: they are read. */
  async comparable(_comparison: Comparison): Promise<Comparable | undefined> {
    return undefined;
  }

  /** Batches in a stable order: a second call with the same request gives the same batches and sequence numbers. */
  abstract extract(request: ExtractRequest): AsyncIterable<Batch<T>>;

  /** Makes the calls in hand fail at once, because they take too long; the next call starts anew. */
  abandon(): void {}

  async close(): Promise<void> {}
}
