import type { Kysely, RawBuilder } from 'kysely';
import type { MigrationProvider } from 'kysely/migration';
import { retryTransient } from '../pipeline/retry.ts';
import type { StateTables } from './tables.ts';

/** How long to go on trying when the database is away for a moment, in milliseconds. */
const RETRY_MILLISECONDS = 10_000;

/** A database that holds the state of one pipeline, with what differs between the systems that can. */
export interface StateDatabase {
  readonly tables: Kysely<StateTables>;
  /** Where it is, for people; without secrets. */
  readonly location: string;
  /** Milliseconds since 1970 by the one clock of all who share the database. */
  readonly clock: RawBuilder<number>;
  /** Runs the migrations that are missing: all of them or none, and one process at a time. */
  migrate(migrations: MigrationProvider): Promise<{ readonly error?: unknown }>;
  /** What to do when the database holds what this version cannot read. */
  readonly remedy: string;
  /** A failure of the database as a PipelineError that says where and what to do; anything else as it is. */
  toError(error: unknown): unknown;
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
