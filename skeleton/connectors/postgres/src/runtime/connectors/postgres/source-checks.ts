import type { Client } from 'pg';
import { type Check, failedCheck } from '../../pipeline/check.ts';
import type { SourceContext } from '../connector.ts';
import { withClient } from './client.ts';
import { type PostgresConnection, type PostgresSource, requireTableName } from './options.ts';
import { serverCheck } from './server-check.ts';
import { describeSource, nameOf } from './source.ts';
import { countUnordered, type SourceQuery, selectStatement } from './source-query.ts';
import { quoteTable } from './table-name.ts';

/** Can the server be reached, is the table there, may it be read, can it be read in order. */
export async function checkSource(
  connection: PostgresConnection,
  options: PostgresSource,
  context: SourceContext,
): Promise<Check[]> {
  const name = nameOf(options);
  const checks: Check[] = [];
  let looking = 'connect';
  try {
    await withClient(connection, context.stream, 'read', async (client) => {
      checks.push(serverCheck(client));
      looking = `read ${name}`;
      const { query, delivered } = await describeSource(client, options, context);
      await client.query(`${selectStatement({ ...query, order: [] }, undefined)} LIMIT 0`);
      checks.push({ name: looking, ok: true, detail: `${delivered.length} columns` });
      if (context.incremental === undefined) return;
      looking = `order of ${name}`;
      checks.push({ name: looking, ok: true, detail: await describeOrder(client, query, options) });
    });
  } catch (error) {
    checks.push(failedCheck(looking, error));
  }
  return checks;
}

/** What a person should know about reading in this order; nothing of it stops a run. */
async function describeOrder(client: Client, query: SourceQuery, options: PostgresSource): Promise<string> {
  const names = query.order.map(({ name }) => name);
  const remarks = [`by ${names.join(', ')}`];
  if (options.table !== undefined && !(await hasIndex(client, options.table, names))) {
    remarks.push(`no index on (${names.join(', ')}): each run reads and sorts the whole table`);
  }
  const missing = await countMissing(client, query);
  if (missing !== undefined) remarks.push(missing);
  return remarks.join('; ');
}

const LEADING_COLUMNS = `
  SELECT 1 FROM pg_index
  WHERE indrelid = to_regclass($1) AND indisvalid AND indpred IS NULL
    AND (SELECT array_agg(attname::text ORDER BY place) FROM unnest(indkey) WITH ORDINALITY AS part (number, place)
      JOIN pg_attribute ON attrelid = indrelid AND attnum = part.number WHERE place <= cardinality($2::text[])) = $2`;

async function hasIndex(client: Client, table: string, names: readonly string[]): Promise<boolean> {
  const { rowCount } = await client.query(LEADING_COLUMNS, [quoteTable(requireTableName(table)), names]);
  return (rowCount ?? 0) > 0;
}

const PATIENCE_MILLISECONDS = 2000;

/** Records whose cursor or key is NULL have no place in the order and are never read. */
async function countMissing(client: Client, query: SourceQuery): Promise<string | undefined> {
  const statement = countUnordered(query);
  if (statement === undefined) return undefined;
  await client.query(`SET statement_timeout TO ${PATIENCE_MILLISECONDS}`);
  try {
    const { rows } = await client.query<{ count: number }>(statement);
    const count = rows[0]?.count ?? 0;
    return count === 0 ? undefined : `${count} records without cursor or key, which are never read`;
  } catch {
    return 'records without cursor or key are never read, and counting them takes too long';
  }
}
