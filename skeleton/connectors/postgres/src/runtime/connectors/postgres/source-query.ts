import { escapeIdentifier, escapeLiteral } from 'pg';
import type { Shard } from '../../pipeline/shard.ts';
import { shardCondition } from './shard-condition.ts';
import type { SourcePosition } from './source-position.ts';
import type { PostgresColumn } from './table-columns.ts';

/** What is read, and in which order. */
export interface SourceQuery {
  /** A quoted table, or a query in brackets. */
  readonly from: string;
  readonly columns: readonly PostgresColumn[];
  /** Columns that give the order and make it total; none: as the server likes. */
  readonly order: readonly PostgresColumn[];
  /** Only the records that the values of these columns assign to this part. */
  readonly shard?: Shard & { readonly key: readonly PostgresColumn[] };
  /** Leave out what this column says is younger, or not known to be older. */
  readonly upTo?: { readonly column: PostgresColumn; readonly lagSeconds: number };
}

/** The values are written into the text, because COPY takes no parameters. */
export function selectStatement(query: SourceQuery, position: SourcePosition | undefined): string {
  const list = query.columns.map(selectExpression).join(', ');
  const conditions = [
    ...presence(query.order),
    ...afterPosition(query.order, position),
    ...notTooYoung(query),
    ...(query.shard === undefined ? [] : [shardCondition(query.shard, sourceColumn)]),
  ];
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const order = query.order.length === 0 ? '' : ` ORDER BY ${query.order.map(sourceColumn).join(', ')}`;
  return `SELECT ${list} FROM ${query.from} AS source${where}${order}`;
}

export function copyStatement(query: SourceQuery, position: SourcePosition | undefined): string {
  return `COPY (${selectStatement(query, position)}) TO STDOUT (FORMAT binary)`;
}

/** Counts the records that have no place in the order; `undefined` when there can be none. */
export function countUnordered({ from, order }: SourceQuery): string | undefined {
  const missing = order.filter(({ notNull }) => !notNull).map((column) => `${sourceColumn(column)} IS NULL`);
  return missing.length === 0
    ? undefined
    : `SELECT count(*)::float8 AS count FROM ${from} AS source WHERE ${missing.join(' OR ')}`;
}

/** With the name of the source, because ORDER BY takes a bare name for an output column, which may be cast. */
function sourceColumn({ name }: PostgresColumn): string {
  return `source.${escapeIdentifier(name)}`;
}

function selectExpression(column: PostgresColumn): string {
  const value = sourceColumn(column);
  if (column.travelsAs === undefined) return value;
  return column.travelsAs === 'jsonb' ? `to_jsonb(${value})` : `${value}::${column.travelsAs}`;
}

function presence(order: readonly PostgresColumn[]): string[] {
  return order.filter(({ notNull }) => !notNull).map((column) => `${sourceColumn(column)} IS NOT NULL`);
}

function afterPosition(order: readonly PostgresColumn[], position: SourcePosition | undefined): string[] {
  const { after } = position ?? {};
  if (after === undefined) return [];
  const values = order.map(({ name, sqlType }) => `${escapeLiteral(after[name] ?? '')}::${sqlType}`);
  return [`(${order.map(sourceColumn).join(', ')}) > (${values.join(', ')})`];
}

/** A timestamp without time zone is taken as UTC, like the session's time zone. */
function notTooYoung({ upTo }: SourceQuery): string[] {
  if (upTo === undefined) return [];
  const limit = `(now() - interval '${upTo.lagSeconds} seconds')`;
  return [`${sourceColumn(upTo.column)} <= ${limit}::${upTo.column.sqlType}`];
}
