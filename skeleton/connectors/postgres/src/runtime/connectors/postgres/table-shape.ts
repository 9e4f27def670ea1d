import type { Client } from 'pg';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { quoteTable, showTable, type TableName } from './table-name.ts';

const SHAPE = `
  SELECT string_agg(
    format('%I %s', attname, format_type(atttypid, CASE WHEN $2::text[] IS NULL THEN atttypmod END)),
    ', ' ORDER BY attnum) AS shape
  FROM pg_attribute
  WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND ($2::text[] IS NULL OR attname = ANY ($2))`;

/**
 * Names and types of a table's columns, as one text; `undefined` when none of them is there.
 *
 * @param columns only these, and without the lengths and precisions of their types, which do not change how values are sent
 */
export async function shapeOf(
  client: Client,
  table: TableName,
  columns?: readonly string[],
): Promise<string | undefined> {
  const { rows } = await client.query<{ shape: string | null }>(SHAPE, [quoteTable(table), columns]);
  return rows[0]?.shape ?? undefined;
}

/**
 * Binary COPY sends values in the form of the types that the columns had. Once somebody has altered them, the server would
 * refuse good records, or take their bytes for other values.
 *
 * @param columns only these; others may come and go, and lengths and precisions may change
 * @throws PipelineError `SCHEMA_DRIFT`
 */
export async function requireShape(
  client: Client,
  table: TableName,
  expected: string | undefined,
  columns?: readonly string[],
): Promise<void> {
  const shape = await shapeOf(client, table, columns);
  if (shape === expected) return;
  throw new PipelineError(
    'SCHEMA_DRIFT',
    `${showTable(table)} was altered while it was loaded: it had the columns ${expected}, and has ${shape ?? 'none of them'}.`,
    { hint: 'Run again: the next run goes by the columns as they are now, behind the last batch that was committed.' },
  );
}
