import type { Client } from 'pg';
import type { Comparable, Comparison } from '../../verify/comparable.ts';
import { haveSameForm } from '../../verify/same-form.ts';
import { StreamedRecords } from '../../verify/streamed-records.ts';
import { isCanonical } from './canonical-expression.ts';
import { destroyClient, openClient } from './client.ts';
import { ComparableQuery, type ComparedRows, readRows } from './comparable-query.ts';
import { toPipelineError } from './errors.ts';
import type { PostgresConnection } from './options.ts';
import type { DescribedSource } from './source.ts';
import { describeTable, type PostgresColumn } from './table-columns.ts';
import { quoteTable, type TableName } from './table-name.ts';
import { beginSnapshot } from './transactions.ts';

/** The columns of the comparison, `undefined` when the server cannot compute their checksums. */
function canonicalColumns(
  all: readonly PostgresColumn[],
  { schema }: Comparison,
): readonly PostgresColumn[] | undefined {
  const columns = schema.fields.flatMap(({ name, type }) => {
    const column = all.find((candidate) => candidate.name === name);
    return column !== undefined && isCanonical(column) && haveSameForm(column.type, type) ? [column] : [];
  });
  return columns.length === schema.fields.length ? columns : undefined;
}

/** All that a source reads; `undefined` when this process has to read it. */
export async function comparableSource(
  connection: PostgresConnection,
  application: string,
  comparison: Comparison,
  describe: (client: Client) => Promise<DescribedSource>,
): Promise<Comparable | undefined> {
  const client = await openSnapshot(connection, application);
  try {
    const { query, delivered } = await describe(client);
    const columns = canonicalColumns(delivered, comparison);
    if (columns !== undefined) return new ComparableQuery(client, { from: query.from, columns }, comparison);
  } catch (error) {
    destroyClient(client);
    throw toPipelineError(error, client);
  }
  destroyClient(client);
  return undefined;
}

/** The rows of a table that records are loaded into. */
export async function comparableTable(
  connection: PostgresConnection,
  application: string,
  table: TableName,
  comparison: Comparison,
): Promise<Comparable> {
  const { schema } = comparison;
  const from = quoteTable(table);
  const client = await openSnapshot(connection, application);
  try {
    const all = (await describeTable(client, table)) ?? [];
    const columns = canonicalColumns(all, comparison);
    if (columns !== undefined) return new ComparableQuery(client, { from, columns }, comparison);
    destroyClient(client);
    const read = schema.fields.flatMap(({ name }) => all.find((candidate) => candidate.name === name) ?? []);
    return new StreamedRecords(comparison, () => readTable(connection, application, { from, columns: read }, schema));
  } catch (error) {
    destroyClient(client);
    throw toPipelineError(error, client);
  }
}

async function* readTable(
  connection: PostgresConnection,
  application: string,
  rows: ComparedRows,
  schema: Comparison['schema'],
) {
  const client = await openClient(connection, application, 'read');
  try {
    yield* readRows(client, rows, schema);
  } finally {
    destroyClient(client);
  }
}

async function openSnapshot(connection: PostgresConnection, application: string): Promise<Client> {
  const client = await openClient(connection, application, 'read');
  await beginSnapshot(client);
  return client;
}
