import type { Kysely, RawBuilder } from 'kysely';
import type { Migrator } from 'kysely/migration';
import type { StateTables } from './tables.ts';

/** A database that holds the state of one pipeline, with what differs between the systems that can. */
export interface StateDatabase {
  readonly tables: Kysely<StateTables>;
  /** Where it is, for people; without secrets. */
  readonly location: string;
  /** Milliseconds since 1970 by the one clock of all who share the database. */
  readonly clock: RawBuilder<number>;
  /** Runs the migrations that are missing: all of them or none, and one process at a time. */
  migrate(migrator: Migrator): Promise<{ readonly error?: unknown }>;
  /** What to do when the database holds what this version cannot read. */
  readonly remedy: string;
  /** A failure of the database as a PipelineError that says where and what to do; anything else as it is. */
  toError(error: unknown): unknown;
}
