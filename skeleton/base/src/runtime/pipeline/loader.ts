import type { Field, TableSchema } from '../schema/table-schema.ts';
import type { Comparable, Comparison } from '../verify/comparable.ts';
import type { Batch, Rejection, Row } from './batch.ts';
import type { Check } from './check.ts';
import type { Checkpoint } from './position.ts';

/**
 * What a loader promises about a batch that comes again after a crash.
 *
 * - `exactly-once`: rows and position are committed together, a batch that comes again is recognised
 * - `idempotent`: a batch that comes again overwrites itself
 * - `at-least-once`: a batch that comes again may be there twice
 */
export type Guarantee = 'exactly-once' | 'idempotent' | 'at-least-once';

export interface LoadReport {
  /** Records of the batch that are in the sink, or will be with the next commit. */
  readonly written: number;
  /** Records that were folded into another one of the same batch, because they share its key. */
  readonly merged?: number;
}

/**
 * Told of the records a sink refuses. Resolves when they are durable, so that a loader awaits it *before* it
 * commits a position that lies behind them; rejects when there are too many, and then the loader commits nothing.
 */
export type RejectRecords = (rejections: readonly Rejection[]) => Promise<void>;

/** Writes one stream of records into a sink. */
export abstract class Loader<T = Row> {
  abstract readonly guarantee: Guarantee;
  /** Records the sink has confirmed as committed in this run. */
  recordsWritten = 0;

  /** What preflight asks: can the sink be reached, may we write there. Changes nothing. */
  abstract check(): Promise<Check[]>;

  /** The columns of the sink as it is, `undefined` where it does not exist yet. */
  abstract schema(): Promise<TableSchema | undefined>;

  /** How far the stream has come in this sink. */
  abstract checkpoint(stream: string): Promise<Checkpoint | undefined>;

  /** The streams that have a checkpoint in this sink: that of a resource, and those of its shards (`<stream>#2of4`). */
  async streams(_stream: string): Promise<readonly string[]> {
    return [];
  }

  /** Removes the checkpoints of streams that nobody goes on with. Their records stay. */
  async forget(_streams: readonly string[]): Promise<void> {}

  /**
   * Makes the sink ready for records of `schema`: creates what is missing, removes what a killed run left behind. Claims
   * the stream for the run where the sink can: what another run still commits to it is refused with `FENCED`.
   */
  abstract prepare(schema: TableSchema): Promise<void>;

  /** Adds nullable columns to the existing sink; called before `prepare` when `schemaEvolution` is `auto`. */
  abstract evolve(added: readonly Field[]): Promise<void>;

  /**
   * The form of records that this loader takes as they are, once it is prepared: a source with records of just this form
   * need not turn them into columns. `undefined`: it takes columns only.
   */
  get form(): string | undefined {
    return undefined;
  }

  /**
   * Writes a batch. The loader commits `(stream, sequence, position)` together with the rows; it may gather
   * several batches in one commit, then all of them are committed or none. What it keeps of the columns it copies:
   * their memory takes other records once it is done.
   *
   * @throws PipelineError `UNAVAILABLE`, `CONFLICT` or `RATE_LIMITED` when another try may succeed: the whole batch
   *   comes again
   */
  abstract load(batch: Batch<T>, reject: RejectRecords): Promise<LoadReport>;

  /**
   * Commits what is gathered.
   *
   * @param complete the source was read to its end: a full load takes effect. Otherwise the run was asked to stop.
   */
  abstract finish(complete: boolean): Promise<void>;

  /** Whether `comparable` leaves out what other resources wrote into the same table. */
  readonly tellsResourcesApart: boolean = false;

  /** The records of the sink for `pipeline verify`. `undefined`: this sink cannot be read. */
  async comparable(_comparison: Comparison): Promise<Comparable | undefined> {
    return undefined;
  }

  /** Where the records are, for people: `data/lake/orders, Delta version 3`. */
  abstract describe(): string;

  /** Makes the call in hand fail at once, because it takes too long; the next call starts anew. */
  abandon(): void {}

  /** Releases what is held, committed or not. Called once, after failures too. */
  async close(): Promise<void> {}
}
