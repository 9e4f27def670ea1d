import type { Client } from 'pg';
import type { IncrementalSource } from './incremental-source.ts';
import type { ReadingWindow, SourcePosition } from './source-position.ts';
import { behind, literal, present, type QueryPart, type SourceQuery, sourceColumn } from './source-query.ts';
import type { PostgresColumn } from './table-columns.ts';
import { type Transactions, writtenFrom } from './transactions.ts';

/** What was delivered before a window. */
export type Delivered = Pick<SourcePosition, 'after' | 'seen' | 'since'>;

/** A window of which nothing was delivered yet. */
export type Window = Omit<ReadingWindow, 'passed'> & Partial<Pick<ReadingWindow, 'passed'>>;

/** The window that ends with the present snapshot. */
export async function nextWindow(
  client: Client,
  { from }: SourceQuery,
  { cursor, lag }: IncrementalSource,
  transactions: Transactions | undefined,
): Promise<Window> {
  const { rows } =
    lag === undefined
      ? { rows: [] }
      : await client.query<{ since: string | null }>(
          `SELECT (${furthestBack(cursor, lag)})::text AS since FROM ${from} AS source`,
        );
  const since = rows[0]?.since ?? undefined;
  return { ...(transactions && { until: transactions.ended }), ...(since !== undefined && { since }) };
}

const SMALLEST_INTEGER = '-9223372036854775808';

/** The largest cursor less the lag; a time in the future does not count. */
function furthestBack(cursor: PostgresColumn, lag: NonNullable<IncrementalSource['lag']>): string {
  const largest = `max(${sourceColumn(cursor)})`;
  return 'seconds' in lag
    ? `(least(${largest}, now()::${cursor.sqlType}) - interval '${lag.seconds} seconds')::${cursor.sqlType}`
    : `greatest(${largest}::numeric - ${lag.distance}, ${SMALLEST_INTEGER})::bigint`;
}

/**
 * The parts of a window that are still to be read, in their order: the records with a cursor, then those without one.
 *
 * A record belongs to the window when it is not among those that were delivered before, and was not written by a
 * transaction that may still be going on. With a lag, records that are further back count as settled: whatever their
 * transaction looks like, they are delivered in the window that meets them first.
 */
export function partsOf(
  { order }: SourceQuery,
  { cursor, table }: IncrementalSource,
  delivered: Delivered,
  window: Window,
  transactions: Transactions | undefined,
): { readonly withCursor?: QueryPart; readonly withoutCursor?: QueryPart } {
  const key = order.filter((column) => column !== cursor);
  const { passed } = window;
  const isPastCursors = passed !== undefined && passed[cursor.name] === undefined;
  const withCursor: QueryPart = {
    order,
    conditions: [
      ...present(order),
      ...undelivered(order, cursor, delivered, transactions),
      ...settled(window, transactions, cursor),
      ...(passed === undefined || isPastCursors ? [] : [behind(order, passed)]),
    ],
  };
  const withoutCursor: QueryPart = {
    order: key,
    conditions: [
      `${sourceColumn(cursor)} IS NULL`,
      ...present(key),
      ...(delivered.seen === undefined || transactions === undefined
        ? []
        : [writtenFrom(delivered.seen, transactions)]),
      ...settled(window, transactions),
      ...(isPastCursors ? [behind(key, passed)] : []),
    ],
  };
  const mayLackCursor = table !== undefined && !cursor.notNull && key.length > 0;
  return { ...(!isPastCursors && { withCursor }), ...(mayLackCursor && { withoutCursor }) };
}

/** Behind the last record in the order; or before it, and written since. */
function undelivered(
  order: readonly PostgresColumn[],
  cursor: PostgresColumn,
  { after, seen, since }: Delivered,
  transactions: Transactions | undefined,
): string[] {
  if (after === undefined) return [];
  const late = [
    ...(since === undefined ? [] : [`${sourceColumn(cursor)} > ${sinceExpression(cursor, since)}`]),
    ...(seen === undefined || transactions === undefined ? [] : [writtenFrom(seen, transactions)]),
  ];
  if (late.length === 0) return [behind(order, after)];
  const either = `(${behind(order, after)} OR ${late.join(' AND ')})`;
  if (since === undefined) return [either];
  // Follows from the other one; an index can be entered with it.
  const last = literal(cursor, after[cursor.name] ?? '');
  return [either, `${sourceColumn(cursor)} >= least(${sinceExpression(cursor, since)}, ${last})`];
}

/** Not written by a transaction that may still have been going on; or further back than the next window looks. */
function settled({ until, since }: Window, transactions: Transactions | undefined, cursor?: PostgresColumn): string[] {
  if (until === undefined || transactions === undefined) return [];
  const ended = `NOT (${writtenFrom(until, transactions)})`;
  if (cursor === undefined || since === undefined) return [ended];
  return [`(${ended} OR ${sourceColumn(cursor)} <= ${sinceExpression(cursor, since)})`];
}

/** An integer less its lag may be less than its type can be. */
function sinceExpression(cursor: PostgresColumn, since: string): string {
  return literal(/^int[248]$/.test(cursor.wire) ? { ...cursor, sqlType: 'bigint' } : cursor, since);
}
