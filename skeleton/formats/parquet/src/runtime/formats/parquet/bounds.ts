import type { BytesColumn, Column, Float64Column, Int32Column, Int64Column } from '../../columns/column.ts';
import { formatScaled } from '../../columns/decimals.ts';
import { readInt64, readValues } from '../../columns/read-values.ts';
import type { Field } from '../../schema/table-schema.ts';
import { formatUuid } from './text-decoding.ts';

/** A value as statistics compare and store it: int32 and floats number, int64 and decimals bigint, bytes Buffer. */
export type Bound = number | bigint | Buffer;

export interface Bounds {
  readonly min: Bound;
  readonly max: Bound;
}

/** Smallest and largest of the values, `undefined` where the order means nothing or nothing can be compared. */
export function findBounds(column: Column, count: number): Bounds | undefined {
  const { kind } = column.field.type;
  if (count === 0 || kind === 'json' || kind === 'binary') return undefined;
  switch (column.storage) {
    case 'int32':
      return boundsOfWords(column, count);
    case 'int64':
      return boundsOfPairs(column, count);
    case 'float64':
      return boundsOfFloats(column, count);
    case 'bytes':
      return boundsOfBytes(column, count);
  }
}

function boundsOfWords({ values }: Int32Column, count: number): Bounds {
  let min = values[0] ?? 0;
  let max = min;
  for (let index = 1; index < count; index++) {
    const value = values[index] ?? 0;
    if (value < min) min = value;
    else if (value > max) max = value;
  }
  return { min, max };
}

function boundsOfPairs(column: Int64Column, count: number): Bounds {
  const { values } = column;
  let min = 0;
  let max = 0;
  let [minHigh, minLow] = [values[1] ?? 0, (values[0] ?? 0) >>> 0];
  let [maxHigh, maxLow] = [minHigh, minLow];
  for (let index = 1; index < count; index++) {
    const high = values[2 * index + 1] ?? 0;
    const low = (values[2 * index] ?? 0) >>> 0;
    if (high < minHigh || (high === minHigh && low < minLow)) {
      min = index;
      minHigh = high;
      minLow = low;
    } else if (high > maxHigh || (high === maxHigh && low > maxLow)) {
      max = index;
      maxHigh = high;
      maxLow = low;
    }
  }
  return { min: readInt64(column, min), max: readInt64(column, max) };
}

/** Without NaN, and with zero as -0 below and +0 above, as the format asks. */
function boundsOfFloats({ field, values }: Float64Column, count: number): Bounds | undefined {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < count; index++) {
    const value = values[index] ?? 0;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (min > max) return undefined;
  const round = field.type.kind === 'float32' ? Math.fround : (value: number) => value;
  return { min: min === 0 ? -0 : round(min), max: max === 0 ? 0 : round(max) };
}

function boundsOfBytes({ offsets, bytes }: BytesColumn, count: number): Bounds {
  const min = { start: offsets[0] ?? 0, end: offsets[1] ?? 0, head: 0 };
  min.head = headOf(bytes, min.start, min.end);
  const max = { ...min };
  for (let index = 1; index < count; index++) {
    const start = offsets[index] ?? 0;
    const end = offsets[index + 1] ?? 0;
    const head = headOf(bytes, start, end);
    if (head < min.head || (head === min.head && bytes.compare(bytes, min.start, min.end, start, end) < 0)) {
      Object.assign(min, { start, end, head });
    } else if (head > max.head || (head === max.head && bytes.compare(bytes, max.start, max.end, start, end) > 0)) {
      Object.assign(max, { start, end, head });
    }
  }
  return {
    min: Buffer.from(bytes.subarray(min.start, min.end)),
    max: Buffer.from(bytes.subarray(max.start, max.end)),
  };
}

/** The first six bytes as a number, so that most values are compared without looking further. */
function headOf(bytes: Buffer, start: number, end: number): number {
  let head = 0;
  for (let index = start; index < start + 6; index++) head = head * 256 + (index < end ? (bytes[index] ?? 0) : 0);
  return head;
}

export function mergeBounds(left: Bounds | undefined, right: Bounds | undefined): Bounds | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return {
    min: isBelow(right.min, left.min) ? right.min : left.min,
    max: isBelow(left.max, right.max) ? right.max : left.max,
  };
}

function isBelow(left: Bound, right: Bound): boolean {
  if (Buffer.isBuffer(left) && Buffer.isBuffer(right)) return left.compare(right) < 0;
  return left < right;
}

/** A bound as `readValues` gives the values of its column. */
export function boundToValue(field: Field, bound: Bound): unknown {
  const { type } = field;
  if (Buffer.isBuffer(bound)) return type.kind === 'uuid' ? formatUuid(bound) : bound.toString('utf8');
  if (type.kind === 'decimal') return formatScaled(bound, type.scale ?? 0);
  if (typeof bound === 'bigint') return readValues(oneInt64(field, bound), 1)[0];
  if (type.kind === 'float32' || type.kind === 'float64') return bound + 0;
  const column: Int32Column = { storage: 'int32', field, valid: undefined, values: Int32Array.of(bound) };
  return readValues(column, 1)[0];
}

function oneInt64(field: Field, value: bigint): Int64Column {
  const low = Number(BigInt.asIntN(32, value));
  return { storage: 'int64', field, valid: undefined, values: Int32Array.of(low, Number(value >> 32n)) };
}
