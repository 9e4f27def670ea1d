import { z } from 'zod';
import { PipelineError } from '../errors/pipeline-error.ts';
import type { Query, StateDatabase } from './state-database.ts';

interface Migration {
  readonly name: string;
  readonly statements: readonly string[];
}

/**
 * Every change of the state since its first version, in order. Add to the end, never edit one that shipped. Times are
 * ISO 8601 in UTC, so that they sort as text.
 */
const MIGRATIONS: readonly Migration[] = [
  {
    name: '0001_initial',
    statements: [
      `CREATE TABLE runs (
         id text PRIMARY KEY, resource text NOT NULL, status text NOT NULL, started_at text NOT NULL,
         manifest text NOT NULL -- the whole manifest as JSON
       )`,
      'CREATE INDEX runs_by_resource ON runs (resource, started_at, id)',
      'CREATE INDEX runs_by_start ON runs (started_at, id)',
      `CREATE TABLE checkpoints (
         stream text PRIMARY KEY, checkpoint text NOT NULL, updated_at text NOT NULL
       )`,
      `CREATE TABLE deliveries (
         id text PRIMARY KEY, resource text NOT NULL, created_at text NOT NULL, delivery text NOT NULL
       )`,
      'CREATE INDEX deliveries_by_start ON deliveries (created_at, id)',
    ],
  },
  {
    name: '0002_leases',
    statements: [
      `CREATE TABLE leases (
         name text PRIMARY KEY, -- a resource, or one of its shards: orders, orders#2of4
         run text NOT NULL, host text NOT NULL, machine text NOT NULL, pid integer NOT NULL,
         process_started text NOT NULL, since text NOT NULL, renewals integer NOT NULL,
         expires_at double precision NOT NULL -- milliseconds since 1970 by the clock of the database
       )`,
    ],
  },
];

/** The table that tells which migrations ran has kept the name that the first release gave it. */
const MIGRATED = 'kysely_migration';

const migratedSchema = z.object({ name: z.string() });

/**
 * Runs the migrations that are missing: all of them or none, and one process at a time. A state that is up to date is
 * only read, so that `status` can look at one that cannot be written.
 *
 * @throws PipelineError `STORAGE` when a newer version has written the state
 */
export async function migrate(state: StateDatabase): Promise<void> {
  if ((await state.hasTable(MIGRATED)) && (await missing(state, state.query)).length === 0) return;
  await state.exclusively(async (query) => {
    await query(`CREATE TABLE IF NOT EXISTS ${MIGRATED} (name text PRIMARY KEY, "timestamp" text NOT NULL)`);
    for (const { name, statements } of await missing(state, query)) {
      for (const statement of statements) await query(statement);
      await query(`INSERT INTO ${MIGRATED} VALUES ($1, $2)`, name, new Date().toISOString());
    }
  });
}

async function missing(state: StateDatabase, query: Query): Promise<readonly Migration[]> {
  const { rows } = await query(`SELECT name FROM ${state.schema}.${MIGRATED}`);
  const migrated = new Set(rows.map((row) => migratedSchema.parse(row).name));
  const unknown = [...migrated].find((name) => !MIGRATIONS.some((migration) => migration.name === name));
  if (unknown !== undefined) throw writtenByNewer(state, unknown);
  return MIGRATIONS.filter(({ name }) => !migrated.has(name));
}

function writtenByNewer({ location, remedy }: StateDatabase, migration: string): PipelineError {
  return new PipelineError('STORAGE', `${location} was written by a newer version of this pipeline (${migration}).`, {
    where: { file: location },
    hint: `Run that version again, or ${remedy}.`,
  });
}
