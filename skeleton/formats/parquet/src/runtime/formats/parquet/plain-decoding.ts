import type { SchemaElement } from 'hyparquet';
import { parseFloat16 } from 'hyparquet/src/convert.js';
import { type BytesColumn, type Column, type Int64Column, storageOf } from '../../columns/column.ts';
import { formatScaled } from '../../columns/decimals.ts';
import { writeInt64, writeValue } from '../../columns/write-values.ts';
import type { Field } from '../../schema/table-schema.ts';
import { type FileColumn, timeUnit } from './file-schema.ts';

const JULIAN_DAY_OF_1970 = 2_440_588n;
const MICROSECONDS_PER_DAY = 86_400_000_000n;

/** `count` values in PLAIN encoding as a column without NULLs, in the storage of the field's type. */
export function decodePlain({ field, element }: FileColumn, bytes: Uint8Array, count: number): Column {
  const width = fixedWidth(element);
  if (width !== undefined && bytes.length < Math.ceil(count * width)) throw new RangeError('a page is too short');
  const required = { ...field, nullable: false };
  switch (element.type) {
    case 'BOOLEAN':
      return { storage: 'int32', field: required, valid: undefined, values: unpackBooleans(bytes, count) };
    case 'INT32':
      return decodeInt32(required, element, new Int32Array(align(bytes, count * 4)));
    case 'INT64':
      return decodeInt64(required, element, align(bytes, count * 8));
    case 'INT96':
      return decodeInt96(required, bytes, count);
    case 'FLOAT':
      return float64Column(required, Float64Array.from(new Float32Array(align(bytes, count * 4))));
    case 'DOUBLE':
      return float64Column(required, new Float64Array(align(bytes, count * 8)));
    default:
      return decodeBytes(required, element, bytes, count);
  }
}

/** Bytes of a value, `undefined` where each has its own length. */
function fixedWidth({ type, type_length }: SchemaElement): number | undefined {
  if (type === 'FIXED_LEN_BYTE_ARRAY') return type_length ?? 0;
  if (type === 'BYTE_ARRAY' || type === undefined) return undefined;
  return { BOOLEAN: 1 / 8, INT32: 4, INT64: 8, INT96: 12, FLOAT: 4, DOUBLE: 8 }[type];
}

/** A copy of the first bytes in memory of their own, where typed arrays can lie over them. */
function align(bytes: Uint8Array, size: number): ArrayBuffer {
  const copy = new ArrayBuffer(size);
  new Uint8Array(copy).set(bytes.subarray(0, size));
  return copy;
}

function float64Column(field: Field, values: Float64Array): Column {
  return { storage: 'float64', field, valid: undefined, values };
}

function unpackBooleans(bytes: Uint8Array, count: number): Int32Array {
  const values = new Int32Array(count);
  for (let index = 0; index < count; index++) values[index] = ((bytes[index >> 3] ?? 0) >> (index & 7)) & 1;
  return values;
}

function decodeInt32(field: Field, element: SchemaElement, values: Int32Array): Column {
  if (storageOf(field.type) === 'int32') return { storage: 'int32', field, valid: undefined, values };
  const column = emptyInt64(field, values.length);
  const milliseconds = field.type.kind === 'time' && timeUnit(element) === 'MILLIS';
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0;
    writeInt64(column, index, field.type.kind === 'int64' ? value >>> 0 : milliseconds ? value * 1000 : value);
  }
  return column;
}

function decodeInt64(field: Field, element: SchemaElement, buffer: ArrayBuffer): Column {
  if (storageOf(field.type) === 'bytes') {
    return textColumn(
      field,
      Array.from(new BigUint64Array(buffer), (value) => value.toString()),
    );
  }
  const { kind } = field.type;
  const unit = kind === 'time' || kind === 'timestamp' ? timeUnit(element) : 'MICROS';
  if (unit === 'MICROS') return { storage: 'int64', field, valid: undefined, values: new Int32Array(buffer) };
  const column = emptyInt64(field, buffer.byteLength / 8);
  new BigInt64Array(buffer).forEach((value, index) => {
    writeInt64(column, index, unit === 'MILLIS' ? value * 1000n : floorThousandth(value));
  });
  return column;
}

/** Nanoseconds as microseconds, towards the past also before 1970. */
function floorThousandth(value: bigint): bigint {
  const quotient = value / 1000n;
  return value % 1000n < 0n ? quotient - 1n : quotient;
}

/** Nanoseconds of the day and Julian day: how Impala and older Sparks write timestamps. */
function decodeInt96(field: Field, bytes: Uint8Array, count: number): Column {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const column = emptyInt64(field, count);
  for (let index = 0; index < count; index++) {
    const day = BigInt(view.getInt32(index * 12 + 8, true)) - JULIAN_DAY_OF_1970;
    writeInt64(column, index, day * MICROSECONDS_PER_DAY + view.getBigInt64(index * 12, true) / 1000n);
  }
  return column;
}

function decodeBytes(field: Field, element: SchemaElement, bytes: Uint8Array, count: number): Column {
  const values = splitValues(field, element, bytes, count);
  const { type } = field;
  if (type.kind === 'uuid') return textColumn(field, mapBytes(values, count, formatUuid));
  if (type.kind === 'float32') return float64Column(field, Float64Array.from(mapBytes(values, count, parseFloat16)));
  if (type.kind !== 'decimal') return values;
  const numbers = mapBytes(values, count, parseBigEndian);
  if (storageOf(type) === 'bytes') {
    return textColumn(
      field,
      numbers.map((number) => formatScaled(number, type.scale ?? 0)),
    );
  }
  const column = emptyInt64(field, count);
  numbers.forEach((number, index) => {
    writeInt64(column, index, number);
  });
  return column;
}

/** The values side by side: those of one width as they are, others without the length in front of each. */
function splitValues(field: Field, element: SchemaElement, bytes: Uint8Array, count: number): BytesColumn {
  const offsets = new Int32Array(count + 1);
  const width = fixedWidth(element);
  if (width !== undefined) {
    for (let index = 1; index <= count; index++) offsets[index] = index * width;
    return { storage: 'bytes', field, valid: undefined, offsets, bytes: Buffer.from(bytes) };
  }
  const arena = Buffer.allocUnsafeSlow(bytes.length);
  let from = 0;
  let to = 0;
  for (let index = 0; index < count; index++) {
    const length = readUInt32(bytes, from);
    from += 4;
    if (from + length > bytes.length) throw new RangeError('a page is too short');
    if (length > 64) arena.set(bytes.subarray(from, from + length), to);
    else for (let byte = 0; byte < length; byte++) arena[to + byte] = bytes[from + byte] ?? 0;
    from += length;
    to += length;
    offsets[index + 1] = to;
  }
  return { storage: 'bytes', field, valid: undefined, offsets, bytes: arena };
}

export function readUInt32(bytes: Uint8Array, position: number): number {
  return (
    ((bytes[position] ?? 0) |
      ((bytes[position + 1] ?? 0) << 8) |
      ((bytes[position + 2] ?? 0) << 16) |
      ((bytes[position + 3] ?? 0) << 24)) >>>
    0
  );
}

function mapBytes<T>({ offsets, bytes }: BytesColumn, count: number, map: (bytes: Buffer) => T): T[] {
  return Array.from({ length: count }, (_, index) => map(bytes.subarray(offsets[index], offsets[index + 1])));
}

function parseBigEndian(bytes: Buffer): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
}

export function formatUuid(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function emptyInt64(field: Field, count: number): Int64Column {
  return { storage: 'int64', field, valid: undefined, values: new Int32Array(2 * count) };
}

/** Text that is stored as it is, whatever the field's type. */
export function textColumn(field: Field, texts: readonly string[]): BytesColumn {
  const column: BytesColumn = {
    storage: 'bytes',
    field: { ...field, type: { kind: 'string' } },
    valid: undefined,
    offsets: new Int32Array(texts.length + 1),
    bytes: Buffer.allocUnsafeSlow(texts.length * 16),
  };
  texts.forEach((text, index) => {
    writeValue(column, index, text);
  });
  return { ...column, field };
}
