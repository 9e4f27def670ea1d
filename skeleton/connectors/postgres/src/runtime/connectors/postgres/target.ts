import { type Client, escapeIdentifier, escapeLiteral } from 'pg';
import { PipelineError } from '../../errors/pipeline-error.ts';
import type { Field, TableSchema } from '../../schema/table-schema.ts';
import { describeTable, fieldOf, type TableColumn } from './table-columns.ts';
import { quoteList, quoteTable, showTable, type TableName } from './table-name.ts';
import { sqlType } from './types.ts';

/** The columns that a sink can be given, `undefined` when there is no such table. Generated ones are left out. */
export async function describeTarget(
  client: Client,
  table: TableName,
  key: readonly string[],
): Promise<TableSchema | undefined> {
  const columns = await describeTable(client, table);
  return columns && { fields: columns.filter(({ generated }) => !generated).map((column) => targetField(column, key)) };
}

/** A column with a default may be left out, so it counts as nullable; a key is always needed. */
export function targetField(column: TableColumn, key: readonly string[]): Field {
  const optional = !column.notNull || column.hasDefault;
  return { ...fieldOf(column), nullable: optional && !key.includes(column.name) };
}

/**
 * Creates the table where it is missing; two shards may do so at the same time.
 *
 * @param key columns of the primary key; none: the table has no primary key
 */
export async function createTarget(
  client: Client,
  table: TableName,
  { fields }: TableSchema,
  key: readonly string[],
): Promise<void> {
  const columns = fields.map(({ name, type, nullable }) => {
    return `${escapeIdentifier(name)} ${sqlType(type)}${nullable && !key.includes(name) ? '' : ' NOT NULL'}`;
  });
  const primaryKey = key.length === 0 ? [] : [`PRIMARY KEY (${quoteList(key)})`];
  await client.query(`
    BEGIN;
    SELECT pg_advisory_xact_lock(hashtextextended('etl create ' || ${escapeLiteral(quoteTable(table))}, 0));
    CREATE TABLE IF NOT EXISTS ${quoteTable(table)} (${[...columns, ...primaryKey].join(', ')});
    COMMIT`);
}

export async function addColumns(client: Client, table: TableName, added: readonly Field[]): Promise<void> {
  if (added.length === 0) return;
  const actions = added.map(({ name, type }) => `ADD COLUMN IF NOT EXISTS ${escapeIdentifier(name)} ${sqlType(type)}`);
  await client.query(`ALTER TABLE ${quoteTable(table)} ${actions.join(', ')}`);
}

/**
 * The columns of the table that records of `schema` go to, in the order of `schema`.
 *
 * @throws PipelineError `SCHEMA_DRIFT` when one is missing, or cannot be written
 */
export async function targetColumns(client: Client, table: TableName, schema: TableSchema): Promise<TableColumn[]> {
  const columns = (await describeTable(client, table)) ?? [];
  return schema.fields.map(({ name }) => {
    const column = columns.find((candidate) => candidate.name === name);
    if (column !== undefined && !column.generated) return column;
    const problem = column === undefined ? 'has no column' : 'computes its column';
    throw new PipelineError('SCHEMA_DRIFT', `${showTable(table)} ${problem} ${name}.`, {
      where: { column: name },
      hint: column === undefined ? 'Add the column, or leave it out of the records.' : 'Leave it out of the records.',
    });
  });
}

const UNIQUE_INDEXES = `
  SELECT ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = indrelid AND attnum = ANY (indkey)) AS columns
  FROM pg_index
  WHERE indrelid = to_regclass($1) AND indisunique AND indisvalid AND indimmediate AND indpred IS NULL
    AND indexprs IS NULL AND indnkeyatts = indnatts`;

/** @throws PipelineError `CONFIGURATION` when no unique index says that the key identifies a record */
export async function requireUniqueKey(client: Client, table: TableName, key: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ columns: string[] }>(UNIQUE_INDEXES, [quoteTable(table)]);
  const wanted = JSON.stringify(key.toSorted());
  if (rows.some(({ columns }) => JSON.stringify(columns.toSorted()) === wanted)) return;
  throw new PipelineError(
    'CONFIGURATION',
    `${showTable(table)} cannot be merged by ${key.join(', ')}: no unique index has exactly these columns.`,
    { hint: `CREATE UNIQUE INDEX ON ${quoteTable(table)} (${quoteList(key)}); or name another key.` },
  );
}
