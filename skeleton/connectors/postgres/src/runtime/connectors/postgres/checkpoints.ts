import type { Client } from 'pg';
import { type Checkpoint, checkpointSchema } from '../../pipeline/position.ts';
import { tableExists } from './table-columns.ts';
import { quoteTable, type TableName } from './table-name.ts';

/** The table that holds how far each stream has come, in the schema of the tables that are loaded. */
export function checkpointTable(schema: string): TableName {
  return { schema, name: 'etl_checkpoints' };
}

/** Creates the table where it is missing; two runs may do so at the same time. */
export async function createCheckpointTable(client: Client, table: TableName): Promise<void> {
  if (await tableExists(client, table)) return;
  const name = quoteTable(table);
  await client.query(`
    BEGIN;
    SELECT pg_advisory_xact_lock(hashtextextended('etl_checkpoints', 0));
    CREATE TABLE IF NOT EXISTS ${name} (
      stream text PRIMARY KEY,
      sequence bigint NOT NULL,
      position jsonb NOT NULL,
      complete boolean NOT NULL,
      updated_at timestamp with time zone NOT NULL
    );
    COMMENT ON TABLE ${name} IS 'How far each pipeline has come; written in the same transaction as its rows.';
    COMMIT`);
}

/** @param lock nobody else may change it until the transaction ends */
export async function readCheckpoint(
  client: Client,
  table: TableName,
  stream: string,
  lock = false,
): Promise<Checkpoint | undefined> {
  const { rows } = await client.query(
    `SELECT sequence::float8 AS sequence, position, complete FROM ${quoteTable(table)} WHERE stream = $1
     ${lock ? 'FOR UPDATE' : ''}`,
    [stream],
  );
  return rows.length === 0 ? undefined : checkpointSchema.parse(rows[0]);
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
    `SELECT stream FROM ${quoteTable(table)} WHERE starts_with(stream, $1)`,
    [stream],
  );
  return rows.map((row) => row.stream);
}
