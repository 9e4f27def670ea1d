import type { Client } from 'pg';

/** Two processes may do so at the same time. The letters are JSON as text: jsonb cannot hold U+0000. */
const CREATE = `
  BEGIN;
  SELECT pg_advisory_xact_lock(hashtextextended('etl_dead_letters', 0));
  CREATE TABLE IF NOT EXISTS etl_dead_letters (
    pipeline text NOT NULL,
    part text NOT NULL,
    id text NOT NULL,
    resource text NOT NULL,
    stage text NOT NULL,
    found_at timestamp with time zone NOT NULL,
    found_by text NOT NULL,
    letter json NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY,
    replayed_at timestamp with time zone,
    replayed_by text,
    PRIMARY KEY (pipeline, part, id)
  );
  ALTER TABLE etl_dead_letters ADD COLUMN IF NOT EXISTS sequence bigint;
  COMMENT ON COLUMN etl_dead_letters.sequence IS 'Number of the batch that the record came with.';
  COMMENT ON TABLE etl_dead_letters IS 'Records that failed, with the run that found each and the run that replayed it.';
  CREATE TABLE IF NOT EXISTS etl_dead_letter_failures (
    pipeline text NOT NULL,
    part text NOT NULL,
    id text NOT NULL,
    run text NOT NULL,
    failed_at timestamp with time zone NOT NULL,
    message json NOT NULL,
    PRIMARY KEY (pipeline, part, id, run),
    FOREIGN KEY (pipeline, part, id) REFERENCES etl_dead_letters ON DELETE CASCADE
  );
  COMMENT ON TABLE etl_dead_letter_failures IS 'Replays in which a record was refused again.';
  COMMIT`;

/** What was made last. */
const MADE = `
  SELECT to_regclass('etl_dead_letter_failures') IS NOT NULL AND EXISTS (
    SELECT FROM pg_attribute WHERE attrelid = to_regclass('etl_dead_letters') AND attname = 'sequence'
  ) AS made`;

/** Creates the tables, or the column, where they are missing. */
export async function createTables(client: Client): Promise<void> {
  const { rows } = await client.query<{ made: boolean }>(MADE);
  if (rows[0]?.made !== true) await client.query(CREATE);
}
