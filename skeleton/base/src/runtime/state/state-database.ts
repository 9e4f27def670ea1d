import { retryTransient } from '../pipeline/retry.ts';

/** How long to go on trying when the database is away for a moment, in milliseconds. */
const RETRY_MILLISECONDS = 10_000;

export type Parameter = string | number | null;

export interface Answer {
  readonly rows: readonly unknown[];
  /** How many rows were inserted, updated or deleted. */
  readonly changed: number;
}

/** Runs one statement. SQL that SQLite and PostgreSQL both understand, with `$1`, `$2` … for the parameters. */
export type Query = (text: string, ...parameters: readonly Parameter[]) => Promise<Answer>;

/** A database that holds the state of one pipeline, with what differs between the systems that can. */
export interface StateDatabase {
  readonly query: Query;
  /** What to write before the name of a table, and a dot. */
  readonly schema: string;
  /** SQL: milliseconds since 1970 by the one clock of all who share the database. */
  readonly clock: string;
  /** Where it is, for people; without secrets. */
  readonly location: string;
  /** What to do when the database holds what this version cannot read. */
  readonly remedy: string;
  hasTable(name: string): Promise<boolean>;
  /** One transaction, of one process at a time: all of it or nothing. Tables need no schema there. */
  exclusively(work: (query: Query) => Promise<void>): Promise<void>;
  /** A failure of the database as a PipelineError that says where and what to do; anything else as it is. */
  toError(error: unknown): unknown;
  /** May be called again. */
  close(): Promise<void>;
}

/**
 * Asks the state, once more where its connection was lost: whatever is asked may be asked twice.
 *
 * @throws PipelineError that says where and what to do
 */
export function onState<T>(state: StateDatabase, work: () => Promise<T>): Promise<T> {
  const attempt = async () => {
    try {
      return await work();
    } catch (error) {
      throw state.toError(error);
    }
  };
  return retryTransient(attempt, { within: RETRY_MILLISECONDS });
}
