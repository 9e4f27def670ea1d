import { type BytesColumn, type Column, reserveBytes } from '../../columns/column.ts';
import type { PageValues } from './page-values.ts';

export interface CopyRange {
  /** The first of the values to take. */
  readonly from: number;
  /** 1 for a value, 0 for NULL, one a record; `undefined` where nothing is NULL. */
  readonly levels: Uint8Array | undefined;
  /** Where the first record goes, and how many there are. */
  readonly at: number;
  readonly count: number;
}

/** Fills records of `target` with the values of a page. */
export function copyValues(values: PageValues, target: Column, range: CopyRange): void {
  if (target.valid !== undefined) {
    if (range.levels === undefined) target.valid.fill(1, range.at, range.at + range.count);
    else target.valid.set(range.levels, range.at);
  }
  const { column } = values;
  if (column.storage === 'bytes' && target.storage === 'bytes') copyBytes(values, column, target, range);
  else if (column.storage === 'int64' && target.storage === 'int64') {
    copyPairs(values, column.values, target.values, range);
  } else if (column.storage !== 'bytes' && target.storage !== 'bytes' && column.storage === target.storage) {
    copyNumbers(values, column.values, target.values, range);
  } else throw new TypeError(`${column.storage} values do not fit a column of ${target.storage}.`);
}

function copyNumbers(
  { indices }: PageValues,
  source: Int32Array | Float64Array,
  target: Int32Array | Float64Array,
  { from, levels, at, count }: CopyRange,
): void {
  if (indices === undefined && levels === undefined) {
    target.set(source.subarray(from, from + count), at);
    return;
  }
  let next = from;
  for (let record = 0; record < count; record++) {
    if (levels !== undefined && levels[record] === 0) continue;
    const index = indices === undefined ? next : (indices[next] ?? 0);
    target[at + record] = source[index] ?? 0;
    next++;
  }
}

function copyPairs(
  { indices }: PageValues,
  source: Int32Array,
  target: Int32Array,
  { from, levels, at, count }: CopyRange,
): void {
  if (indices === undefined && levels === undefined) {
    target.set(source.subarray(2 * from, 2 * (from + count)), 2 * at);
    return;
  }
  let next = from;
  for (let record = 0; record < count; record++) {
    if (levels !== undefined && levels[record] === 0) continue;
    const index = indices === undefined ? next : (indices[next] ?? 0);
    target[2 * (at + record)] = source[2 * index] ?? 0;
    target[2 * (at + record) + 1] = source[2 * index + 1] ?? 0;
    next++;
  }
}

function copyBytes(
  { indices }: PageValues,
  source: BytesColumn,
  target: BytesColumn,
  { from, levels, at, count }: CopyRange,
): void {
  let end = target.offsets[at] ?? 0;
  const arena = reserveBytes(target, end + sizeOfValues(source, indices, from, count, levels));
  const { offsets, bytes } = source;
  let next = from;
  for (let record = 0; record < count; record++) {
    if (levels === undefined || levels[record] === 1) {
      const index = indices === undefined ? next : (indices[next] ?? 0);
      const start = offsets[index] ?? 0;
      const stop = offsets[index + 1] ?? 0;
      if (stop - start > 64) bytes.copy(arena, end, start, stop);
      else for (let byte = start; byte < stop; byte++) arena[end + byte - start] = bytes[byte] ?? 0;
      end += stop - start;
      next++;
    }
    target.offsets[at + record + 1] = end;
  }
}

function sizeOfValues(
  { offsets }: BytesColumn,
  indices: Int32Array | undefined,
  from: number,
  count: number,
  levels: Uint8Array | undefined,
): number {
  const present = levels === undefined ? count : countPresent(levels);
  if (indices === undefined) return (offsets[from + present] ?? 0) - (offsets[from] ?? 0);
  let size = 0;
  for (let next = from; next < from + present; next++) {
    const index = indices[next] ?? 0;
    size += (offsets[index + 1] ?? 0) - (offsets[index] ?? 0);
  }
  return size;
}

export function countPresent(levels: Uint8Array): number {
  let count = 0;
  for (let index = 0; index < levels.length; index++) count += levels[index] ?? 0;
  return count;
}
