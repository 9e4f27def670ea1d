import type { Column } from '../../columns/column.ts';

/** A column without its NULLs: value i is the i-th that is there. */
export interface PresentValues {
  readonly column: Column;
  readonly count: number;
}

/** Parquet stores only the values that are there; which ones those are goes into the definition levels. */
export function presentValues(column: Column, length: number): PresentValues {
  const { valid } = column;
  const count = valid === undefined ? length : countPresent(valid, length);
  if (valid === undefined || count === length) return { column: { ...column, valid: undefined }, count };
  return { column: { ...compact(column, valid, length, count), valid: undefined }, count };
}

function countPresent(valid: Uint8Array, length: number): number {
  let count = 0;
  for (let index = 0; index < length; index++) count += valid[index] ?? 0;
  return count;
}

function compact(column: Column, valid: Uint8Array, length: number, count: number): Column {
  switch (column.storage) {
    case 'int32':
      return { ...column, values: compactWords(column.values, new Int32Array(count), valid, length) };
    case 'float64':
      return { ...column, values: compactWords(column.values, new Float64Array(count), valid, length) };
    case 'int64':
      return { ...column, values: compactPairs(column.values, valid, length, count) };
    case 'bytes':
      return { ...column, offsets: compactOffsets(column.offsets, valid, length, count) };
  }
}

function compactWords<T extends Int32Array | Float64Array>(values: T, target: T, valid: Uint8Array, length: number): T {
  let to = 0;
  for (let from = 0; from < length; from++) if (valid[from] === 1) target[to++] = values[from] ?? 0;
  return target;
}

function compactPairs(values: Int32Array, valid: Uint8Array, length: number, count: number): Int32Array {
  const target = new Int32Array(2 * count);
  let to = 0;
  for (let from = 0; from < length; from++) {
    if (valid[from] === 0) continue;
    target[to++] = values[2 * from] ?? 0;
    target[to++] = values[2 * from + 1] ?? 0;
  }
  return target;
}

/** A NULL takes no bytes, so the bytes of the others already lie side by side. */
function compactOffsets(offsets: Int32Array, valid: Uint8Array, length: number, count: number): Int32Array {
  const target = new Int32Array(count + 1);
  let to = 0;
  for (let from = 0; from < length; from++) if (valid[from] === 1) target[to++] = offsets[from] ?? 0;
  target[count] = offsets[length] ?? 0;
  return target;
}
