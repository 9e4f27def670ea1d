import type { Client } from 'pg';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { type Check, failedCheck } from '../../pipeline/check.ts';
import type { SourceContext } from '../connector.ts';
import { withClient } from './client.ts';
import { oldestWriter } from './oldest-writer.ts';
import { type PostgresConnection, type PostgresSource, requireTableName } from './options.ts';
import { serverCheck } from './server-check.ts';
import { type DescribedSource, describeSource, nameOf } from './source.ts';
import { countLacking, selectStatement } from './source-query.ts';
import { quoteTable } from './table-name.ts';
import { areReused, beginSnapshot, readTransactions } from './transactions.ts';

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
      const source = await describeSource(client, options, context);
      await tryToRead(client, source);
      checks.push({ name: looking, ok: true, detail: `${source.delivered.length} columns` });
      if (source.incremental === undefined) return;
      looking = `order of ${name}`;
      checks.push({ name: looking, ok: true, detail: await describeOrder(client, source, options) });
      looking = `late commits in ${name}`;
      checks.push({ name: looking, ok: true, detail: await describeLateCommits(client, source) });
    });
  } catch (error) {
    checks.push(failedCheck(looking, error));
  }
  return checks;
}

async function tryToRead(client: Client, { query, incremental }: DescribedSource): Promise<void> {
  const conditions = incremental?.table === undefined ? [] : ['source.xmin IS NOT NULL'];
  await client.query(`${selectStatement(query, { conditions, order: [] })} LIMIT 0`);
}

async function describeOrder(client: Client, source: DescribedSource, options: PostgresSource): Promise<string> {
  await requirePlaces(client, source);
  const names = source.query.order.map(({ name }) => name);
  const by = `by ${names.join(', ')}`;
  if (options.table === undefined || (await hasIndex(client, options.table, names))) return by;
  return `${by}; no index on (${names.join(', ')}): each run reads and sorts the whole table`;
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

/**
 * A record without a key has no place in the order; one without a cursor only has where its transaction says whether it
 * is new.
 *
 * @throws PipelineError `UNREADABLE` when there are such records: they would never be read
 */
async function requirePlaces(client: Client, { name, query, incremental }: DescribedSource): Promise<void> {
  const needed = query.order.filter((column) => {
    const mayLack = column === incremental?.cursor && incremental.table !== undefined && query.order.length > 1;
    return !column.notNull && !mayLack;
  });
  if (needed.length === 0) return;
  const { rows } = await client.query<{ count: number }>(countLacking(query, needed));
  const count = rows[0]?.count ?? 0;
  if (count === 0) return;
  const names = needed.map((column) => column.name).join(' or ');
  throw new PipelineError('UNREADABLE', `${count} records of ${name} have no ${names}, and so no place in the order.`, {
    where: { ...(needed[0] && { column: needed[0].name }) },
    hint: 'Fill the column and declare it NOT NULL; or read another one; or leave these records out by a query.',
  });
}

/** @throws PipelineError `CONFIGURATION` when records that were read long ago could not be told from new ones */
async function describeLateCommits(client: Client, source: DescribedSource): Promise<string> {
  const { name, incremental } = source;
  const { table, lag, merges, cursor } = incremental ?? {};
  if (table === undefined) {
    return lag === undefined
      ? 'not found: only the records of a table say which transaction wrote them'
      : 'found within the lag, which is read again in each run';
  }
  await beginSnapshot(client);
  const transactions = await readTransactions(client);
  if (areReused(transactions) && !merges && (lag === undefined || cursor?.notNull === false)) {
    throw new PipelineError(
      'CONFIGURATION',
      `The server has used up its ${2 ** 32} transaction numbers and uses them again: old records of ${name} can look ` +
        'new, and a sink that appends would hold them twice.',
      { hint: 'Set incremental.lag with a cursor that is NOT NULL, or use mode: merge for the sink.' },
    );
  }
  const found = lag === undefined ? 'found in the whole table' : 'found within the lag';
  const oldest = await oldestWriter(client, transactions);
  return oldest === undefined ? found : `${found}; ${oldest}`;
}
