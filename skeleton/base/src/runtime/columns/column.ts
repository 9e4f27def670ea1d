import type { Field, LogicalType } from '../schema/table-schema.ts';

/**
 * How the values of a type lie in memory.
 *
 * - `int32`: boolean (0, 1), int16, int32, date (days since 1970-01-01)
 * - `int64`: int64, timestamp and time (microseconds), decimal of up to 18 digits (the value times 10^scale),
 *   as pairs of 32-bit words, low word first: no BigInt is made in a loop
 * - `float64`: float32, float64
 * - `bytes`: string, json (text), uuid (36 characters), binary, and decimals of more than 18 digits (text)
 */
export type Storage = 'int32' | 'int64' | 'float64' | 'bytes';

/** Digits of a decimal that always fit a signed 64-bit integer. */
export const INT64_DIGITS = 18;

export function storageOf(type: LogicalType): Storage {
  switch (type.kind) {
    case 'boolean':
    case 'int16':
    case 'int32':
    case 'date':
      return 'int32';
    case 'int64':
    case 'timestamp':
    case 'time':
      return 'int64';
    case 'float32':
    case 'float64':
      return 'float64';
    case 'decimal':
      return type.precision !== undefined && type.precision <= INT64_DIGITS ? 'int64' : 'bytes';
    case 'string':
    case 'json':
    case 'uuid':
    case 'binary':
      return 'bytes';
  }
}

interface ColumnBase {
  readonly field: Field;
  /** One byte a value, 1 = present, 0 = NULL; `undefined`: every value is present. Values under a NULL are 0 (or empty). */
  valid: Uint8Array | undefined;
}

export interface Int32Column extends ColumnBase {
  readonly storage: 'int32';
  values: Int32Array;
}

/** Value i is `values[2 * i + 1] * 2^32 + (values[2 * i] >>> 0)`. */
export interface Int64Column extends ColumnBase {
  readonly storage: 'int64';
  values: Int32Array;
}

export interface Float64Column extends ColumnBase {
  readonly storage: 'float64';
  values: Float64Array;
}

/** Value i is `bytes[offsets[i]]` up to `bytes[offsets[i + 1]]`; `offsets[0]` is not always 0. */
export interface BytesColumn extends ColumnBase {
  readonly storage: 'bytes';
  offsets: Int32Array;
  bytes: Buffer;
}

export type Column = Int32Column | Int64Column | Float64Column | BytesColumn;

export function isNull({ valid }: Column, index: number): boolean {
  return valid !== undefined && valid[index] === 0;
}

/** The indices of the NULLs among the first `length` values. */
export function* nullIndices({ valid }: Column, length: number): Generator<number> {
  if (valid === undefined) return;
  for (let index = valid.indexOf(0); index >= 0 && index < length; index = valid.indexOf(0, index + 1)) yield index;
}

const BYTES_PER_VALUE = 16;

/**
 * An empty column with room for `capacity` values, to be filled in place by a reader.
 *
 * @param bytes that texts are expected to need; more are found when they are reserved
 */
export function allocateColumn(field: Field, capacity: number, bytes = capacity * BYTES_PER_VALUE): Column {
  const storage = storageOf(field.type);
  if (storage === 'bytes') return allocateBytesColumn(field, capacity, bytes);
  const valid = field.nullable ? new Uint8Array(capacity) : undefined;
  switch (storage) {
    case 'int32':
      return { storage, field, valid, values: new Int32Array(capacity) };
    case 'int64':
      return { storage, field, valid, values: new Int32Array(2 * capacity) };
    case 'float64':
      return { storage, field, valid, values: new Float64Array(capacity) };
  }
}

/** The same for a field that is stored as bytes. */
export function allocateBytesColumn(field: Field, capacity: number, bytes: number): BytesColumn {
  return {
    storage: 'bytes',
    field,
    valid: field.nullable ? new Uint8Array(capacity) : undefined,
    offsets: new Int32Array(capacity + 1),
    bytes: Buffer.allocUnsafeSlow(bytes),
  };
}

/** Makes room for `size` bytes in the arena of a column that is being filled. */
export function reserveBytes(column: BytesColumn, size: number): Buffer {
  if (size > column.bytes.length) {
    const larger = Buffer.allocUnsafeSlow(Math.max(size, column.bytes.length * 2));
    column.bytes.copy(larger);
    column.bytes = larger;
  }
  return column.bytes;
}

/** Values `start` up to `end` of a column, without copying them. */
export function sliceColumn(column: Column, start: number, end: number): Column {
  const valid = column.valid?.subarray(start, end);
  switch (column.storage) {
    case 'int32':
      return { ...column, valid, values: column.values.subarray(start, end) };
    case 'int64':
      return { ...column, valid, values: column.values.subarray(2 * start, 2 * end) };
    case 'float64':
      return { ...column, valid, values: column.values.subarray(start, end) };
    case 'bytes':
      return { ...column, valid, offsets: column.offsets.subarray(start, end + 1) };
  }
}

/** The values at `indices`, copied into a column of their own. */
export function takeFromColumn(column: Column, indices: readonly number[]): Column {
  const taken = allocateColumn({ ...column.field, nullable: column.valid !== undefined }, indices.length);
  let end = 0;
  indices.forEach((from, to) => {
    if (taken.valid !== undefined) taken.valid[to] = column.valid?.[from] ?? 1;
    if (column.storage === 'bytes' && taken.storage === 'bytes') {
      const start = column.offsets[from] ?? 0;
      const stop = column.offsets[from + 1] ?? start;
      reserveBytes(taken, end + stop - start);
      column.bytes.copy(taken.bytes, end, start, stop);
      end += stop - start;
      taken.offsets[to + 1] = end;
    } else if (column.storage === 'int64' && taken.storage === 'int64') {
      taken.values[2 * to] = column.values[2 * from] ?? 0;
      taken.values[2 * to + 1] = column.values[2 * from + 1] ?? 0;
    } else if (column.storage !== 'bytes' && taken.storage !== 'bytes') {
      taken.values[to] = column.values[from] ?? 0;
    }
  });
  return { ...taken, field: column.field };
}
