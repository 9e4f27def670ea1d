import type { BytesColumn, Column, Float64Column, Int32Column, Int64Column } from '../../columns/column.ts';
import { parseScaled } from '../../columns/decimals.ts';
import { readText } from '../../columns/read-values.ts';
import { INFINITY_INT32 } from '../../columns/timestamps.ts';
import { ValueError } from '../../columns/write-values.ts';
import { describeType } from '../../schema/table-schema.ts';
import { bindings, type Vector } from './duckdb.ts';
import { isAnySize } from './types.ts';
import { parseUuids } from './uuids.ts';
import { packValidity } from './validity.ts';
import { writeTexts } from './write-texts.ts';

/**
 * Writes records `start` up to `start + count` of a column to a vector of DuckDB's type for it.
 *
 * @throws ValueError for a decimal that DuckDB cannot hold (NaN, infinity), and for text that is not UTF-8
 */
export function writeVector(vector: Vector, column: Column, start: number, count: number): void {
  const present = column.valid?.subarray(start, start + count);
  if (present?.includes(0)) {
    const bitmap = packValidity(present, count);
    bindings.vector_ensure_validity_writable(vector);
    bindings.copy_data_to_vector_validity(vector, 0, bitmap.buffer, 0, bitmap.byteLength);
  }
  const { type } = column.field;
  if (column.storage === 'bytes' && (type.kind !== 'decimal' || isAnySize(type)) && type.kind !== 'uuid') {
    writeTexts(vector, column, start, count);
  } else copy(vector, fixedValues(column, start, count));
}

type FixedValues = Uint8Array | Int16Array | Int32Array | Uint32Array | BigInt64Array | Float32Array | Float64Array;

function copy(vector: Vector, { buffer, byteOffset, byteLength }: FixedValues): void {
  // A shared buffer is never among them: columns are made by one thread and handed over.
  bindings.copy_data_to_vector(vector, 0, buffer as ArrayBuffer, byteOffset, byteLength);
}

function fixedValues(column: Column, start: number, count: number): FixedValues {
  switch (column.storage) {
    case 'int32':
      return shortIntegers(column, start, count);
    case 'int64':
      return longIntegers(column, start, count);
    case 'float64':
      return floats(column, start, count);
    case 'bytes':
      return column.field.type.kind === 'uuid' ? parseUuids(column, start, count) : longDecimals(column, start, count);
  }
}

function shortIntegers({ field, values }: Int32Column, start: number, count: number): FixedValues {
  const part = values.subarray(start, start + count);
  if (field.type.kind === 'boolean') return Uint8Array.from(part);
  if (field.type.kind === 'int16') return Int16Array.from(part);
  const minusInfinity = -INFINITY_INT32 - 1;
  if (field.type.kind !== 'date' || !part.includes(minusInfinity)) return part;
  return part.map((days) => (days === minusInfinity ? -INFINITY_INT32 : days));
}

function floats({ field, values }: Float64Column, start: number, count: number): FixedValues {
  const part = values.subarray(start, start + count);
  return field.type.kind === 'float32' ? Float32Array.from(part) : part;
}

function longIntegers({ field, values }: Int64Column, start: number, count: number): FixedValues {
  const words = values.subarray(2 * start, 2 * (start + count));
  const { type } = field;
  if (type.kind === 'timestamp') return withDuckDBsInfinity(words);
  const digits = type.kind === 'decimal' ? (type.precision ?? 0) : 0;
  if (type.kind !== 'decimal' || digits > 9) return words;
  const low = Int32Array.from({ length: count }, (_, index) => words[2 * index] ?? 0);
  return digits > 4 ? low : Int16Array.from(low);
}

const LOWEST_HIGH_WORD = -2_147_483_648;

/** DuckDB's -infinity is the second lowest 64-bit integer, ours and PostgreSQL's the lowest. */
function withDuckDBsInfinity(words: Int32Array): Int32Array {
  if (!words.includes(LOWEST_HIGH_WORD)) return words;
  const changed = words.slice();
  for (let low = 0; low < changed.length; low += 2) {
    if (changed[low + 1] === LOWEST_HIGH_WORD && changed[low] === 0) changed[low] = 1;
  }
  return changed;
}

/** Decimals of 19 to 38 digits: text here, whole numbers of 128 bits in DuckDB. */
function longDecimals(column: BytesColumn, start: number, count: number): BigInt64Array {
  const { type } = column.field;
  const halves = new BigInt64Array(2 * count);
  if (type.kind !== 'decimal') throw new TypeError(`${describeType(type)} is no decimal.`);
  for (let index = 0; index < count; index++) {
    if (column.valid?.[start + index] === 0) continue;
    const text = readText(column, start + index);
    const value = parseScaled(text, type.precision ?? 0, type.scale ?? 0);
    if (value === undefined)
      throw new ValueError(`${column.field.name}: ${text} is not ${describeType(type)} in DuckDB`);
    halves[2 * index] = BigInt.asIntN(64, value);
    halves[2 * index + 1] = BigInt.asIntN(64, value >> 64n);
  }
  return halves;
}
