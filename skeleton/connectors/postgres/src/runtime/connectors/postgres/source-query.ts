import { escapeIdentifier, escapeLiteral } from 'pg';
import type { Shard } from '../../pipeline/shard.ts';
import { shardCondition } from './shard-condition.ts';
import type { Place } from './source-position.ts';
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
}

/** Some of the records of a query. */
export interface QueryPart {
  readonly conditions: readonly string[];
  readonly order: readonly PostgresColumn[];
}

/** The values are written into the text, because COPY takes no parameters. */
export function selectStatement({ from, columns, shard }: SourceQuery, { conditions, order }: QueryPart): string {
  const list = columns.map(selectExpression).join(', ');
  const all = [...conditions, ...(shard === undefined ? [] : [shardCondition(shard, sourceColumn)])];
  const where = all.length === 0 ? '' : ` WHERE ${all.join(' AND ')}`;
  const by = order.length === 0 ? '' : ` ORDER BY ${order.map(ordered).join(', ')}`;
  return `SELECT ${list} FROM ${from} AS source${where}${by}`;
}

export function copyStatement(query: SourceQuery, part: QueryPart): string {
  return `COPY (${selectStatement(query, part)}) TO STDOUT (FORMAT binary)`;
}

/** Counts the records that lack a value in one of the columns. */
export function countLacking({ from }: SourceQuery, columns: readonly PostgresColumn[]): string {
  const missing = columns.map((column) => `${sourceColumn(column)} IS NULL`);
  return `SELECT count(*)::float8 AS count FROM ${from} AS source WHERE ${missing.join(' OR ')}`;
}

/** True for the records behind a place in the order. */
export function behind(order: readonly PostgresColumn[], place: Place): string {
  return `(${order.map(ordered).join(', ')}) > ${placeExpression(order, place)}`;
}

/** Answers whether one place is behind another one. */
export function isBehindStatement(order: readonly PostgresColumn[], place: Place, other: Place): string {
  return `SELECT ${placeExpression(order, place)} > ${placeExpression(order, other)} AS "isBehind"`;
}

function placeExpression(order: readonly PostgresColumn[], place: Place): string {
  return `(${order.map((column) => `${literal(column, place[column.name] ?? '')}${collation(column)}`).join(', ')})`;
}

export function literal({ sqlType }: PostgresColumn, value: string): string {
  return `${escapeLiteral(value)}::${sqlType}`;
}

export function present(columns: readonly PostgresColumn[]): string[] {
  return columns.filter(({ notNull }) => !notNull).map((column) => `${sourceColumn(column)} IS NOT NULL`);
}

/** With the name of the source, because ORDER BY takes a bare name for an output column, which may be cast. */
export function sourceColumn({ name }: PostgresColumn): string {
  return `source.${escapeIdentifier(name)}`;
}

/** By the bytes of a text: the order of a language changes with the server's libraries, between two runs. */
function ordered(column: PostgresColumn): string {
  return `${sourceColumn(column)}${collation(column)}`;
}

function collation({ collatable }: PostgresColumn): string {
  return collatable ? ' COLLATE "C"' : '';
}

/** A value as it is read. */
export function selectExpression(column: PostgresColumn): string {
  const value = sourceColumn(column);
  if (column.travelsAs === undefined) return value;
  return column.travelsAs === 'jsonb' ? `to_jsonb(${value})` : `${value}::${column.travelsAs}`;
}
