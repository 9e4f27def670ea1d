import type { Client } from 'pg';
import { PipelineError } from '../../errors/pipeline-error.ts';
import type { SourceContext } from '../connector.ts';
import { describeIncremental, type IncrementalSource } from './incremental-source.ts';
import { type PostgresSource, requireTableName } from './options.ts';
import { primaryKey } from './primary-key.ts';
import type { SourceQuery } from './source-query.ts';
import { describeQuery, describeTable, type PostgresColumn } from './table-columns.ts';
import { quoteTable, showTable, type TableName } from './table-name.ts';

/** What a source reads, as the database describes it now. */
export interface DescribedSource {
  /** For people and for messages. */
  readonly name: string;
  readonly query: SourceQuery;
  /** Columns that are delivered; those behind them in `query` only serve the order. */
  readonly delivered: readonly PostgresColumn[];
  /** How to find what is new; `undefined`: everything is read. */
  readonly incremental?: IncrementalSource;
}

/** The table or query for people and for messages. */
export function nameOf({ table }: PostgresSource): string {
  return table === undefined ? 'query' : showTable(requireTableName(table));
}

/**
 * @throws PipelineError `NOT_FOUND` when the table or a column that is asked for is not there,
 *   `CONFIGURATION` when the columns cannot give an order
 */
export async function describeSource(
  client: Client,
  options: PostgresSource,
  context: SourceContext,
): Promise<DescribedSource> {
  const table = options.table === undefined ? undefined : requireTableName(options.table);
  const all =
    table === undefined ? await describeQuery(client, options.query ?? '') : await requireTable(client, table);
  const named = (names: readonly string[]) => names.map((name) => requireColumn(all, name, options));
  const delivered = context.columns === undefined ? all : named(context.columns.filter((name) => has(all, name)));
  const { cursor, key = [] } = context.incremental ?? {};
  // A full read goes by the primary key, so that it can go on after a crash.
  const orderNames =
    cursor === undefined
      ? table === undefined
        ? []
        : await primaryKey(client, table)
      : [...new Set([cursor, ...key])];
  const order = named(orderNames);
  order.forEach(requireOrder);
  const shardKey = context.shard?.key ?? (cursor === undefined ? orderNames : key);
  const hidden = order.filter((column) => !delivered.includes(column));
  const query: SourceQuery = {
    from: table === undefined ? `(${options.query}\n)` : quoteTable(table),
    columns: [...delivered, ...hidden],
    order,
    ...(context.shard && { shard: { ...context.shard, key: requireKey(named(shardKey), options) } }),
  };
  const described = { name: nameOf(options), query, delivered };
  const [first] = order;
  if (context.incremental === undefined || first === undefined) return described;
  return { ...described, incremental: await describeIncremental(client, table, first, context.incremental) };
}

async function requireTable(client: Client, table: TableName): Promise<readonly PostgresColumn[]> {
  const columns = await describeTable(client, table);
  if (columns !== undefined) return columns;
  throw new PipelineError('NOT_FOUND', `There is no table ${showTable(table)} in database ${client.database}.`, {
    hint: 'Check its name, case included, and its schema; a role sees only schemas it has USAGE on.',
  });
}

function has(columns: readonly PostgresColumn[], name: string): boolean {
  return columns.some((column) => column.name === name);
}

function requireColumn(columns: readonly PostgresColumn[], name: string, options: PostgresSource): PostgresColumn {
  const column = columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  const known = columns.map((candidate) => candidate.name).join(', ');
  throw new PipelineError('NOT_FOUND', `${nameOf(options)} has no column ${name}; it has ${known}.`, {
    where: { column: name },
    hint: 'Check cursor and key in pipeline.yaml, case included.',
  });
}

/** @throws PipelineError `CONFIGURATION` when nothing says which shard a record belongs to */
function requireKey(key: readonly PostgresColumn[], options: PostgresSource): readonly PostgresColumn[] {
  if (key.length > 0) return key;
  throw new PipelineError(
    'CONFIGURATION',
    `${nameOf(options)} has no primary key that says which shard a record is in.`,
    {
      hint: 'Set shards: 1; or read it incrementally, or merge it, by a key.',
    },
  );
}

function requireOrder({ name, type, sqlType }: PostgresColumn): void {
  if (type.kind !== 'json') return;
  throw new PipelineError('CONFIGURATION', `Column ${name} (${sqlType}) cannot be a cursor or a key.`, {
    where: { column: name },
    hint: 'Choose a number, a text, a uuid or a timestamp.',
  });
}
