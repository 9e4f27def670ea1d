import { type Client, escapeIdentifier } from 'pg';
import type { Columns } from '../../columns/columns.ts';
import { CopyEncoder } from './copy-encoder.ts';
import { type CopyMessages, copyIn } from './copy-in.ts';
import { RawEncoder } from './raw-encoder.ts';
import { RawRows } from './raw-rows.ts';
import type { TableColumn } from './table-columns.ts';
import { quoteList, quoteTable, type TableName } from './table-name.ts';

/** Records in a form that COPY can be given. */
export type Loadable = Columns | RawRows;

/** Puts records into a table, inside of a transaction that somebody else ends. */
export interface BatchWriter {
  /** Makes ready a connection that it was not used with yet. */
  open(client: Client): Promise<void>;
  /**
   * All records, or none: the savepoint `records`, which is released after the last one, is where to go back to.
   * What belongs together goes to the server in one message, as each answer is waited for.
   *
   * @returns how many rows they are in the table; fewer where several share a key
   * @throws DatabaseError when the server refuses a record
   */
  write(client: Client, records: Loadable): Promise<number>;
}

/** COPY straight into the table. */
export function createDirectWriter(table: TableName, columns: readonly TableColumn[]): BatchWriter {
  const names = quoteList(columns.map(({ name }) => name));
  const statements = `SAVEPOINT records;
    COPY ${quoteTable(table)} (${names}) FROM STDIN (FORMAT binary);
    RELEASE SAVEPOINT records`;
  const spare: Buffer[] = [];
  return {
    async open() {},
    async write(client, records) {
      await copyIn(client, statements, messagesOf(records, columns), spare);
      return records.length;
    },
  };
}

function messagesOf(records: Loadable, columns: readonly TableColumn[]): CopyMessages {
  if (records instanceof RawRows) return new RawEncoder(records);
  return new CopyEncoder(
    records,
    columns.map(({ wire }) => wire),
  );
}

const BATCH_TABLE = 'pg_temp.etl_batch';

/**
 * COPY into a temporary table, and from there into the table: with casts for types that have no binary form here,
 * and by key where one is given, the last of several records with the same key last.
 */
export function createStagedWriter(
  table: TableName,
  columns: readonly TableColumn[],
  key: readonly string[],
): BatchWriter {
  const names = quoteList(columns.map(({ name }) => name));
  const copy = `SAVEPOINT records; COPY ${BATCH_TABLE} (${names}) FROM STDIN (FORMAT binary)`;
  const insert = insertStatement(table, columns, key);
  const definitions = columns.map(
    ({ name, travelsAs, sqlType }) => `${escapeIdentifier(name)} ${travelsAs ?? sqlType}`,
  );
  const spare: Buffer[] = [];
  return {
    async open(client) {
      await client.query(`CREATE TEMPORARY TABLE etl_batch (${definitions.join(', ')}) ON COMMIT DELETE ROWS`);
    },
    async write(client, records) {
      await copyIn(client, copy, messagesOf(records, columns), spare);
      const { rowCount } = await client.query(insert);
      await client.query(`TRUNCATE ${BATCH_TABLE}; RELEASE SAVEPOINT records`);
      return rowCount ?? 0;
    },
  };
}

function insertStatement(table: TableName, columns: readonly TableColumn[], key: readonly string[]): string {
  const names = quoteList(columns.map(({ name }) => name));
  const values = new Map(columns.map((column) => [column.name, arrivedValue(column)]));
  const list = [...values.values()].join(', ');
  const insert = `INSERT INTO ${quoteTable(table)} (${names}) OVERRIDING SYSTEM VALUE`;
  if (key.length === 0) return `${insert} SELECT ${list} FROM ${BATCH_TABLE}`;
  const keyValues = key.map((name) => values.get(name) ?? escapeIdentifier(name)).join(', ');
  // Rows of a fresh table lie in the order in which they came, and ctid is their place.
  return `${insert} SELECT DISTINCT ON (${keyValues}) ${list} FROM ${BATCH_TABLE}
    ORDER BY ${keyValues}, ctid DESC ${onConflictUpdate(
      key,
      columns.map(({ name }) => name),
    )}`;
}

/** What an INSERT does with a row that is there: all columns but the key are overwritten. */
export function onConflictUpdate(key: readonly string[], columns: readonly string[]): string {
  const others = columns.filter((name) => !key.includes(name)).map((name) => escapeIdentifier(name));
  const change =
    others.length === 0 ? 'NOTHING' : `UPDATE SET ${others.map((name) => `${name} = excluded.${name}`).join(', ')}`;
  return `ON CONFLICT (${quoteList(key)}) DO ${change}`;
}

/** A value of the temporary table as the type of its column. */
function arrivedValue({ name, travelsAs, sqlType, castType }: TableColumn): string {
  const value = escapeIdentifier(name);
  if (travelsAs === undefined) return value;
  if (travelsAs !== 'jsonb') return `${value}::${castType}`;
  return `(SELECT value FROM jsonb_to_record(jsonb_build_object('value', ${value})) AS record (value ${sqlType}))`;
}
