import { type BytesColumn, type Column, type Int64Column, reserveBytes } from '../../columns/column.ts';
import { INFINITY_INT32 } from '../../columns/timestamps.ts';
import { writeInt64 } from '../../columns/write-values.ts';
import { bindings, type DuckDBType, duckdb, type Vector } from './duckdb.ts';
import { readTexts } from './read-texts.ts';
import { VIEW_BYTES } from './text-views.ts';
import { formatUuid } from './uuids.ts';
import { unpackValidity, validityBytes } from './validity.ts';
import { formatWideInteger } from './wide-integers.ts';

/**
 * Copies the values of a vector to a column, from value `start` on.
 *
 * @param column one that may hold NULL, of the storage that `fromDuckDBType` leads to
 * @throws ValueError for an integer of more than 38 digits
 */
export function readVector(vector: Vector, type: DuckDBType, count: number, column: Column, start: number): void {
  const bitmap = bindings.vector_get_validity(vector, validityBytes(count)) as Uint8Array | null;
  const { valid } = column;
  const hasNulls = bitmap !== null && valid !== undefined && unpackValidity(bitmap, count, valid, start);
  if (!hasNulls) valid?.fill(1, start, start + count);
  if (column.storage === 'bytes') {
    readBytes(vector, type, count, column, start);
    return;
  }
  if (column.storage === 'int64') readLongs(vector, type, count, column, start);
  else column.values.set(readNumbers(vector, type, count), start);
  if (hasNulls) clearNulls(column, start, start + count);
}

type Numbers = Uint8Array | Int8Array | Int16Array | Uint16Array | Int32Array | Float32Array | Float64Array;

function readNumbers(vector: Vector, type: DuckDBType, count: number): Numbers {
  const { DuckDBTypeId: ids } = duckdb;
  const read = (bytes: number) => bindings.vector_get_data(vector, bytes * count);
  const view = <T>(Values: new (buffer: ArrayBufferLike, offset: number, length: number) => T, size: number): T => {
    const { buffer, byteOffset } = read(size);
    return new Values(buffer, byteOffset, count);
  };
  switch (type.typeId) {
    case ids.TINYINT:
      return view(Int8Array, 1);
    case ids.SMALLINT:
      return view(Int16Array, 2);
    case ids.USMALLINT:
      return view(Uint16Array, 2);
    case ids.INTEGER:
      return view(Int32Array, 4);
    case ids.DATE:
      return view(Int32Array, 4).map((days) => (days === -INFINITY_INT32 ? days - 1 : days));
    case ids.FLOAT:
      return view(Float32Array, 4);
    case ids.DOUBLE:
      return view(Float64Array, 8);
    default:
      return read(1);
  }
}

function readLongs(vector: Vector, type: DuckDBType, count: number, column: Int64Column, start: number): void {
  const { DuckDBTypeId: ids } = duckdb;
  if (type.typeId === ids.UINTEGER) {
    const { buffer, byteOffset } = bindings.vector_get_data(vector, 4 * count);
    new Uint32Array(buffer, byteOffset, count).forEach((value, index) => {
      writeInt64(column, start + index, value);
    });
    return;
  }
  if (type.typeId === ids.DECIMAL && type.width <= 9) {
    const size = type.width <= 4 ? 2 : 4;
    const { buffer, byteOffset } = bindings.vector_get_data(vector, size * count);
    const values = size === 2 ? new Int16Array(buffer, byteOffset, count) : new Int32Array(buffer, byteOffset, count);
    values.forEach((value, index) => {
      writeInt64(column, start + index, value);
    });
    return;
  }
  const { buffer, byteOffset } = bindings.vector_get_data(vector, 8 * count);
  column.values.set(new Int32Array(buffer, byteOffset, 2 * count), 2 * start);
  toMicroseconds(type, count, column, start);
}

/** DuckDB's -infinity, the second lowest 64-bit integer, as two words. */
const MINUS_INFINITY = { high: -2_147_483_648, low: 1 };
const INFINITY = { high: 2_147_483_647, low: -1 };

/** Makes microseconds of the other units, where a finer fraction is cut off, and keeps the ends of time. */
function toMicroseconds(type: DuckDBType, count: number, column: Int64Column, start: number): void {
  const scale = microsecondScale(type);
  if (scale === undefined) return;
  const [multiplier, divisor] = scale;
  const { values } = column;
  for (let index = start; index < start + count; index++) {
    const high = values[2 * index + 1] ?? 0;
    const low = values[2 * index] ?? 0;
    if (high === MINUS_INFINITY.high && low === MINUS_INFINITY.low) values[2 * index] = 0;
    else if (multiplier !== divisor && !(high === INFINITY.high && low === INFINITY.low)) {
      const value = (BigInt(high) << 32n) | BigInt(low >>> 0);
      writeInt64(column, index, floorDivide(value * multiplier, divisor));
    }
  }
}

/** Cut off towards the past, as PostgreSQL and DuckDB do. */
function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value < 0n && quotient * divisor !== value ? quotient - 1n : quotient;
}

function microsecondScale(type: DuckDBType): readonly [multiplier: bigint, divisor: bigint] | undefined {
  const { DuckDBTypeId: ids } = duckdb;
  switch (type.typeId) {
    case ids.TIMESTAMP:
    case ids.TIMESTAMP_TZ:
      return [1n, 1n];
    case ids.TIMESTAMP_S:
      return [1_000_000n, 1n];
    case ids.TIMESTAMP_MS:
      return [1000n, 1n];
    case ids.TIMESTAMP_NS:
    case ids.TIME_NS:
      return [1n, 1000n];
    default:
      return undefined;
  }
}

/** Bytes that the longest text of an integer or a UUID may take. */
const TEXT_BYTES = 48;

function readBytes(vector: Vector, type: DuckDBType, count: number, column: BytesColumn, start: number): void {
  const { DuckDBTypeId: ids } = duckdb;
  if (type.typeId === ids.VARCHAR || type.typeId === ids.BLOB) {
    readTexts(bindings.vector_get_data(vector, VIEW_BYTES * count), count, column, start);
    return;
  }
  // The others are integers of 64 or 128 bits that become text.
  const wordsPerValue = type.typeId === ids.UBIGINT ? 2 : 4;
  const { buffer, byteOffset } = bindings.vector_get_data(vector, 4 * wordsPerValue * count);
  const words = new Uint32Array(buffer, byteOffset, wordsPerValue * count);
  const write = type.typeId === ids.UUID ? formatUuid : formatWideInteger(type);
  let end = column.offsets[start] ?? 0;
  for (let index = 0; index < count; index++) {
    if (column.valid === undefined || column.valid[start + index] === 1) {
      end = write(words, index, reserveBytes(column, end + TEXT_BYTES), end);
    }
    column.offsets[start + index + 1] = end;
  }
}

/** Puts 0 under each NULL, where DuckDB leaves what it likes. Texts have nothing there already. */
function clearNulls(column: Exclude<Column, BytesColumn>, start: number, end: number): void {
  for (let index = start; index < end; index++) {
    if (column.valid?.[index] !== 0) continue;
    if (column.storage === 'int64') writeInt64(column, index, 0);
    else column.values[index] = 0;
  }
}
