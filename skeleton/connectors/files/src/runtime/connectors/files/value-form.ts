import { type BytesColumn, reserveBytes } from '../../columns/column.ts';
import type { Field, LogicalType } from '../../schema/table-schema.ts';

/** How the values of a column are read from text; a number, because the loops of the readers branch on it. */
export const WAYS = {
  string: 0,
  int16: 1,
  int32: 1,
  int64: 1,
  float32: 2,
  float64: 2,
  decimal: 3,
  boolean: 4,
  date: 5,
  timestamp: 6,
  json: 7,
  binary: 8,
  time: 8,
  uuid: 8,
} as const satisfies Record<LogicalType['kind'], number>;

/** What is known of the values of a column before the first is read. */
export interface ValueForm {
  readonly way: (typeof WAYS)[LogicalType['kind']];
  /** Whole numbers up to this one are stored without further ado. */
  readonly limit: number;
  readonly precision: number;
  readonly scale: number;
}

export function valueForm({ type }: Field): ValueForm {
  const limits = { int16: 32_767, int32: 2_147_483_647 };
  const limit = type.kind === 'int16' || type.kind === 'int32' ? limits[type.kind] : Number.MAX_SAFE_INTEGER;
  const { precision = 0, scale = 0 } = type.kind === 'decimal' ? type : {};
  return { way: WAYS[type.kind], limit, precision, scale };
}

/** Texts up to this length are copied byte by byte, which is faster than asking for it. */
const SHORT = 24;

/**
 * Writes the bytes from `start` up to `end` at `to` into the arena of a column, and leaves room for a few more.
 *
 * @returns the position behind them
 */
export function appendBytes(column: BytesColumn, to: number, bytes: Buffer, start: number, end: number): number {
  const length = end - start;
  const arena = reserveBytes(column, to + length + SPARE);
  if (length > SHORT) bytes.copy(arena, to, start, end);
  else for (let offset = 0; offset < length; offset++) arena[to + offset] = bytes[start + offset] ?? 0;
  return to + length;
}

/** A character in UTF-8. */
const SPARE = 4;
