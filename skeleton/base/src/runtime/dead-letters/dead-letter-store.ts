import type { Shard } from '../pipeline/shard.ts';
import type { StageName } from '../pipeline/stage.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { FailedReplay, ReplayOutcome } from './replay-outcome.ts';

export interface DeadLetterFilter {
  /** The name of a resource, which includes those of its shards. */
  readonly resource?: string;
  readonly stage?: StageName;
  /** `true`: only letters that were replayed, `false`: only those that were not. */
  readonly replayed?: boolean;
  /** The id, or its start. */
  readonly id?: string;
}

export interface ListedDeadLetter extends DeadLetter {
  /** Set when the letter was replayed with success. */
  readonly replayed?: ReplayOutcome;
  /** The replays that failed, oldest first; left out where there are none. */
  readonly failures?: readonly FailedReplay[];
}

/** A resource, or one of its shards. */
export interface Part {
  readonly resource: string;
  readonly shard?: Shard | undefined;
}

export interface PurgeFilter {
  /** Letters that are older than this time, in milliseconds since 1970. */
  readonly before: number;
  /** Only those that were replayed with success. */
  readonly replayedOnly: boolean;
}

/** Keeps the dead letters of one pipeline. Each method throws a PipelineError that says where and what to do. */
export interface DeadLetterStore {
  /** Where the letters are, for people; without secrets. */
  readonly location: string;
  /** Where those of a part are. */
  describe(part: Part): string;
  /** Finds out whether letters can be kept. */
  check(): Promise<void>;
  /**
   * Opens a part for adding. Only who holds the lease of the part may. Letters behind the last commit are taken back,
   * unless they were replayed: their batches come again.
   *
   * @param afterSequence the last committed batch; left out where there is none, and then all letters stay
   */
  open(part: Part, afterSequence?: number): Promise<DeadLetterWriter>;
  /** Oldest first within a part. Letters that are added meanwhile may be missing. */
  list(filter?: DeadLetterFilter): AsyncIterable<ListedDeadLetter>;
  /** Removes letters of a part for good. Only who holds the lease of the part may. Resolves to how many. */
  purge(part: Part, filter: PurgeFilter): Promise<number>;
  close(): Promise<void>;
}

/** Adds to the dead letters of one part. */
export interface DeadLetterWriter {
  /** Adds those that are not there yet; when it resolves they are durable. Resolves to how many were new. */
  append(letters: readonly DeadLetter[]): Promise<number>;
  /** Notes that letters were run again with success. */
  markReplayed(ids: readonly string[], outcome: ReplayOutcome): Promise<void>;
  /** Notes that a letter was refused again; once for each run. */
  markFailed(id: string, failure: FailedReplay): Promise<void>;
  close(): Promise<void>;
}
