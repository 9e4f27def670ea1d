import type { Client } from 'pg';
import { fencedAtSink } from '../../pipeline/fenced.ts';
import { type Checkpoint, checkpointSchema } from '../../pipeline/position.ts';
import { quoteTable, type TableName } from './table-name.ts';

/** The table that holds how far each stream has come, in the schema of the tables that are loaded. */
export function checkpointTable(schema: string): TableName {
  return { schema, name: 'etl_checkpoints' };
}

/** Whether a run can note in the table that it writes a stream; tables of earlier versions have no such column. */
export async function takesWriters(client: Client, table: TableName): Promise<boolean> {
  const { rowCount } = await client.query(
    "SELECT FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = 'writer' AND NOT attisdropped",
    [quoteTable(table)],
  );
  return rowCount === 1;
}

/** What makes a table of an earlier version one of this. */
export function upgradeStatement(table: TableName): string {
  return `ALTER TABLE ${quoteTable(table)} ADD COLUMN IF NOT EXISTS writer text,
    ALTER COLUMN sequence DROP NOT NULL, ALTER COLUMN position DROP NOT NULL`;
}

/** Creates the table where it is missing, and brings it up to date; two runs may do so at the same time. */
export async function createCheckpointTable(client: Client, table: TableName): Promise<void> {
  if (await takesWriters(client, table)) return;
  const name = quoteTable(table);
  await client.query(`
    BEGIN;
    SELECT pg_advisory_xact_lock(hashtextextended('etl_checkpoints', 0));
    CREATE TABLE IF NOT EXISTS ${name} (
      stream text PRIMARY KEY,
      sequence bigint,
      position jsonb,
      complete boolean NOT NULL,
      updated_at timestamp with time zone NOT NULL,
      writer text
    );
    ${upgradeStatement(table)};
    COMMENT ON TABLE ${name} IS 'How far each pipeline has come; written in the same transaction as its rows.';
    COMMIT`);
}

export async function readCheckpoint(
  client: Client,
  table: TableName,
  stream: string,
): Promise<Checkpoint | undefined> {
  const { rows } = await client.query(
    `SELECT sequence::float8 AS sequence, position, complete FROM ${quoteTable(table)}
     WHERE stream = $1 AND sequence IS NOT NULL`,
    [stream],
  );
  return rows.length === 0 ? undefined : checkpointSchema.parse(rows[0]);
}

/** Makes a run the only one that may commit to a stream, which may have no position yet. */
export async function claimStream(client: Client, table: TableName, stream: string, writer: string): Promise<void> {
  await client.query(
    `INSERT INTO ${quoteTable(table)} (stream, complete, updated_at, writer) VALUES ($1, false, now(), $2)
     ON CONFLICT (stream) DO UPDATE SET writer = excluded.writer`,
    [stream, writer],
  );
}

/** The run that has claimed a stream last. */
export async function readWriter(client: Client, table: TableName, stream: string): Promise<string | undefined> {
  if (!(await takesWriters(client, table))) return undefined;
  const { rows } = await client.query<{ writer: string | null }>(
    `SELECT writer FROM ${quoteTable(table)} WHERE stream = $1`,
    [stream],
  );
  return rows[0]?.writer ?? undefined;
}

/**
 * The progress of a stream, which nobody else can change until the transaction ends.
 *
 * @param progress the name that the progress is kept under, while the stream itself must not move yet
 * @throws PipelineError `FENCED` when another run has claimed the stream
 */
export async function lockProgress(
  client: Client,
  table: TableName,
  { stream, writer }: { readonly stream: string; readonly writer: string },
  progress: string,
): Promise<Checkpoint | undefined> {
  const { rows } = await client.query<{ stream: string; sequence: number | null; writer: string | null }>(
    `SELECT stream, sequence::float8 AS sequence, position, complete, writer FROM ${quoteTable(table)}
     WHERE stream = ANY ($1) ORDER BY stream FOR UPDATE`,
    [[stream, progress]],
  );
  const owner = rows.find((row) => row.stream === stream)?.writer ?? undefined;
  if (owner !== writer) throw fencedAtSink(stream, owner);
  const reached = rows.find((row) => row.stream === progress);
  return reached === undefined || reached.sequence === null ? undefined : checkpointSchema.parse(reached);
}

export async function saveCheckpoint(
  client: Client,
  table: TableName,
  stream: string,
  { sequence, position, complete }: Checkpoint,
): Promise<void> {
  await client.query(
    `INSERT INTO ${quoteTable(table)} AS known (stream, sequence, position, complete, updated_at)
     VALUES ($1, $2, $3, $4, now())
     ON CONFLICT (stream) DO UPDATE SET sequence = excluded.sequence, position = excluded.position,
       complete = excluded.complete, updated_at = excluded.updated_at`,
    [stream, sequence, JSON.stringify(position), complete],
  );
}

export async function setComplete(client: Client, table: TableName, stream: string, complete: boolean): Promise<void> {
  await client.query(
    `UPDATE ${quoteTable(table)} SET complete = $2, updated_at = now() WHERE stream = $1 AND complete <> $2`,
    [stream, complete],
  );
}

export async function removeCheckpoint(client: Client, table: TableName, ...streams: string[]): Promise<void> {
  await client.query(`DELETE FROM ${quoteTable(table)} WHERE stream = ANY ($1)`, [streams]);
}

/** Names that begin with that of a stream: its own, and those of its shards. */
export async function streamsLike(client: Client, table: TableName, stream: string): Promise<string[]> {
  const { rows } = await client.query<{ stream: string }>(
    `SELECT stream FROM ${quoteTable(table)} WHERE starts_with(stream, $1) AND sequence IS NOT NULL`,
    [stream],
  );
  return rows.map((row) => row.stream);
}
