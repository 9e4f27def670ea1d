import { parseFloat16 } from 'hyparquet/src/convert.js';
import type { Column, Float64Column, Int32Column, Int64Column } from '../../columns/column.ts';
import { INFINITY_INT64 } from '../../columns/timestamps.ts';
import { writeInt64 } from '../../columns/write-values.ts';
import type { Leaf } from './file-schema.ts';
import { timeUnit } from './logical-type.ts';

/** Writes `count` values of one width, side by side from `position` on, as values `at` and following of `target`. */
export type FixedDecoder = (bytes: DataView, position: number, target: Column, at: number, count: number) => void;

const WORD = 4_294_967_296;
const JULIAN_DAY_OF_1970 = 2_440_588;
const MICROSECONDS_PER_DAY = 86_400_000_000;

/** How numbers, dates and times of a column are decoded; `undefined` where they become text or bytes. */
export function numberDecoder({ field, element }: Leaf): FixedDecoder | undefined {
  const { kind } = field.type;
  switch (element.type) {
    case 'INT32':
      if (kind === 'int64') return decodeUnsigned;
      if (kind === 'decimal') return decodeDecimal32;
      return kind === 'time' ? decodeMilliseconds32 : copyInt32;
    case 'INT64': {
      const unit = timeUnit(element);
      if (unit === 'MILLIS') return decodeMilliseconds;
      if (unit === 'NANOS') return decodeNanoseconds;
      return field.type.kind === 'decimal' && (field.type.precision ?? 0) > 18 ? undefined : copyInt64;
    }
    case 'INT96':
      return decodeInt96;
    case 'FLOAT':
      return decodeFloat;
    case 'DOUBLE':
      return copyDouble;
    default:
      return kind === 'float32' ? decodeHalf : undefined;
  }
}

function int32(column: Column): Int32Column {
  if (column.storage !== 'int32') throw new TypeError(`int32 does not fit a column of ${column.storage}.`);
  return column;
}

function int64(column: Column): Int64Column {
  if (column.storage !== 'int64') throw new TypeError(`int64 does not fit a column of ${column.storage}.`);
  return column;
}

function float64(column: Column): Float64Column {
  if (column.storage !== 'float64') throw new TypeError(`float64 does not fit a column of ${column.storage}.`);
  return column;
}

/** Values that lie in the page as they lie in the column: all platforms that Node supports are little-endian. */
function copyMemory(
  bytes: DataView,
  position: number,
  values: Int32Array | Float64Array,
  at: number,
  count: number,
  width: number,
): void {
  const target = new Uint8Array(values.buffer, values.byteOffset + at * width, count * width);
  target.set(new Uint8Array(bytes.buffer, bytes.byteOffset + position, count * width));
}

function copyInt32(bytes: DataView, position: number, target: Column, at: number, count: number): void {
  copyMemory(bytes, position, int32(target).values, at, count, 4);
}

function copyInt64(bytes: DataView, position: number, target: Column, at: number, count: number): void {
  copyMemory(bytes, position, int64(target).values, at, count, 8);
}

function copyDouble(bytes: DataView, position: number, target: Column, at: number, count: number): void {
  copyMemory(bytes, position, float64(target).values, at, count, 8);
}

function decodeFloat(bytes: DataView, position: number, target: Column, at: number, count: number): void {
  const { values } = float64(target);
  for (let index = 0; index < count; index++) values[at + index] = bytes.getFloat32(position + 4 * index, true);
}

function decodeHalf(bytes: DataView, position: number, target: Column, at: number, count: number): void {
  const { values } = float64(target);
  for (let index = 0; index < count; index++) {
    const start = bytes.byteOffset + position + 2 * index;
    values[at + index] = parseFloat16(new Uint8Array(bytes.buffer, start, 2)) ?? 0;
  }
}

function decodeUnsigned(bytes: DataView, position: number, target: Column, at: number, count: number): void {
  const { values } = int64(target);
  for (let index = 0; index < count; index++) {
    values[2 * (at + index)] = bytes.getInt32(position + 4 * index, true);
    values[2 * (at + index) + 1] = 0;
  }
}

function decodeDecimal32(bytes: DataView, position: number, target: Column, at: number, count: number): void {
  const { values } = int64(target);
  for (let index = 0; index < count; index++) {
    const value = bytes.getInt32(position + 4 * index, true);
    values[2 * (at + index)] = value;
    values[2 * (at + index) + 1] = value >> 31;
  }
}

function decodeMilliseconds32(bytes: DataView, position: number, target: Column, at: number, count: number): void {
  const column = int64(target);
  for (let index = 0; index < count; index++) {
    writeInt64(column, at + index, bytes.getInt32(position + 4 * index, true) * 1000);
  }
}

/** What 64 bits of microseconds cannot hold lies 290,000 years away: it becomes infinity, as PostgreSQL has it. */
function decodeMilliseconds(bytes: DataView, position: number, target: Column, at: number, count: number): void {
  const column = int64(target);
  for (let index = 0; index < count; index++) {
    const start = position + 8 * index;
    const value = (bytes.getInt32(start + 4, true) * WORD + bytes.getUint32(start, true)) * 1000;
    if (Number.isSafeInteger(value)) writeInt64(column, at + index, value);
    else writeInt64(column, at + index, limitInt64(bytes.getBigInt64(start, true) * 1000n));
  }
}

function limitInt64(value: bigint): bigint {
  if (value > INFINITY_INT64) return INFINITY_INT64;
  return value < -INFINITY_INT64 ? -INFINITY_INT64 - 1n : value;
}

/** Nanoseconds as microseconds, towards the past also before 1970: the two words are divided one after the other. */
function decodeNanoseconds(bytes: DataView, position: number, target: Column, at: number, count: number): void {
  const { values } = int64(target);
  for (let index = 0; index < count; index++) {
    const start = position + 8 * index;
    const high = bytes.getInt32(start + 4, true);
    const quotient = Math.floor(high / 1000);
    const rest = (high - 1000 * quotient) * WORD + bytes.getUint32(start, true);
    values[2 * (at + index)] = Math.floor(rest / 1000) | 0;
    values[2 * (at + index) + 1] = quotient;
  }
}

/**
 * Nanoseconds of the day and Julian day: how Impala and older Sparks write timestamps. Those far away lie beyond the
 * 64 bits of Spark's own arithmetic, which comes round again.
 */
function decodeInt96(bytes: DataView, position: number, target: Column, at: number, count: number): void {
  const column = int64(target);
  for (let index = 0; index < count; index++) {
    const start = position + 12 * index;
    const nanoseconds = bytes.getInt32(start + 4, true) * WORD + bytes.getUint32(start, true);
    const day = bytes.getInt32(start + 8, true) - JULIAN_DAY_OF_1970;
    const value = day * MICROSECONDS_PER_DAY + Math.floor(nanoseconds / 1000);
    if (Number.isSafeInteger(value)) writeInt64(column, at + index, value);
    else {
      const microseconds = bytes.getBigInt64(start, true) / 1000n;
      writeInt64(column, at + index, BigInt(day) * BigInt(MICROSECONDS_PER_DAY) + microseconds);
    }
  }
}

/** A big-endian number of any length as two words. @throws RangeError when it does not fit */
export function decodeBigEndian(
  bytes: Uint8Array,
  start: number,
  length: number,
  values: Int32Array,
  index: number,
): void {
  const sign = length > 0 && (bytes[start] ?? 0) > 127 ? -1 : 0;
  let low = sign;
  let high = sign;
  for (let byte = start; byte < start + length; byte++) {
    if (start + length - byte > 8 && bytes[byte] !== (sign & 255))
      throw new RangeError('a decimal has too many digits');
    high = (high << 8) | (low >>> 24);
    low = (low << 8) | (bytes[byte] ?? 0);
  }
  if (high >> 31 !== sign) throw new RangeError('a decimal has too many digits');
  values[2 * index] = low;
  values[2 * index + 1] = high;
}
