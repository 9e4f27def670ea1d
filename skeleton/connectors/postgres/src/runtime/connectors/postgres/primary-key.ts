import type { Client } from 'pg';
import { quoteTable, type TableName } from './table-name.ts';

const PRIMARY_KEY = `
  SELECT attname AS name
  FROM pg_index, unnest(indkey) WITH ORDINALITY AS part (number, place)
  JOIN pg_attribute ON attnum = part.number
  WHERE indrelid = to_regclass($1) AND indisprimary AND attrelid = indrelid AND part.place <= indnkeyatts
  ORDER BY part.place`;

/** The columns of the primary key in its order; none: there is no primary key. */
export async function primaryKey(client: Client, table: TableName): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(PRIMARY_KEY, [quoteTable(table)]);
  return rows.map((row) => row.name);
}
