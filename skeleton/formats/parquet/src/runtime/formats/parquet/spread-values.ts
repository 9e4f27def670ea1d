import type { Column } from '../../columns/column.ts';

/**
 * Moves values that lie side by side from `at` on to the records that have one.
 *
 * @param valid 1 for records with a value, 0 for NULL
 * @param count records, `present` of which have a value
 */
export function spreadValues(column: Column, valid: Uint8Array, at: number, count: number, present: number): void {
  switch (column.storage) {
    case 'int32':
    case 'float64':
      spreadNumbers(column.values, valid, at, count, present);
      return;
    case 'int64':
      spreadPairs(column.values, valid, at, count, present);
      return;
    case 'bytes':
      spreadEnds(column.offsets, valid, at, count, present);
      return;
  }
}

function spreadNumbers(
  values: Int32Array | Float64Array,
  valid: Uint8Array,
  at: number,
  count: number,
  present: number,
): void {
  let from = at + present;
  for (let to = at + count - 1; to >= from; to--) values[to] = valid[to] === 1 ? (values[--from] ?? 0) : 0;
}

function spreadPairs(values: Int32Array, valid: Uint8Array, at: number, count: number, present: number): void {
  let from = at + present;
  for (let to = at + count - 1; to >= from; to--) {
    const has = valid[to] === 1;
    if (has) from--;
    values[2 * to] = has ? (values[2 * from] ?? 0) : 0;
    values[2 * to + 1] = has ? (values[2 * from + 1] ?? 0) : 0;
  }
}

/** Texts stay where they are; a NULL starts and ends where the text before it ends. */
function spreadEnds(offsets: Int32Array, valid: Uint8Array, at: number, count: number, present: number): void {
  let from = at + present;
  for (let to = at + count; to > from; to--) {
    offsets[to] = offsets[from] ?? 0;
    if (valid[to - 1] === 1) from--;
  }
}
