import { describeType } from '../schema/table-schema.ts';
import { type BytesColumn, type Column, INT64_DIGITS, type Int64Column, reserveBytes } from './column.ts';
import { normalizeDecimal, parseScaled, parseShortScaled } from './decimals.ts';
import { parseDate, parseTime, parseTimestamp } from './timestamps.ts';

/** A value that its column cannot hold. */
export class ValueError extends Error {
  override readonly name = 'ValueError';
}

/**
 * Writes a JavaScript value (see `readValues`; also Date for timestamps and dates, number for decimals, and the
 * same things as text) as value `index` of a column. Columns are filled in order, from index 0.
 *
 * @param ignoreNullability write an empty value where the column allows no NULL: the record is left out later
 * @throws ValueError when the value does not fit, or is missing in a column that allows no NULL
 */
export function writeValue(column: Column, index: number, value: unknown, ignoreNullability = false): void {
  if (value === null || value === undefined) {
    if (column.valid === undefined && !ignoreNullability) throw new ValueError('is missing and may not be null');
    if (column.valid !== undefined) column.valid[index] = 0;
    if (column.storage === 'bytes') column.offsets[index + 1] = column.offsets[index] ?? 0;
    return;
  }
  if (column.valid !== undefined) column.valid[index] = 1;
  switch (column.storage) {
    case 'int32':
      column.values[index] = toInt32(column, value);
      return;
    case 'int64':
      writeInt64(column, index, toInt64(column, value));
      return;
    case 'float64':
      column.values[index] = toFloat(column, value);
      return;
    case 'bytes':
      writeBytes(column, index, toBytes(column, value));
      return;
  }
}

/** Writes 64 bits as two words, low word first. */
export function writeInt64({ values }: Int64Column, index: number, value: bigint | number): void {
  if (typeof value === 'number') {
    values[2 * index] = value | 0;
    values[2 * index + 1] = Math.floor(value / 4_294_967_296);
  } else {
    values[2 * index] = Number(BigInt.asIntN(32, value));
    values[2 * index + 1] = Number(BigInt.asIntN(32, value >> 32n));
  }
}

function writeBytes(column: BytesColumn, index: number, value: string | Uint8Array): void {
  const start = column.offsets[index] ?? 0;
  const size = typeof value === 'string' ? Buffer.byteLength(value) : value.length;
  const bytes = reserveBytes(column, start + size);
  if (typeof value === 'string') bytes.write(value, start);
  else bytes.set(value, start);
  column.offsets[index + 1] = start + size;
}

function unfit(column: Column, value: unknown): ValueError {
  const text = typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : String(value).slice(0, 60);
  return new ValueError(`${text} is not ${describeType(column.field.type)}`);
}

const BOOLEANS: Readonly<Record<string, number>> = { true: 1, t: 1, yes: 1, '1': 1, false: 0, f: 0, no: 0, '0': 0 };
const INTEGER_LIMITS = { int16: 32_767, int32: 2_147_483_647 };

function toInt32(column: Column, value: unknown): number {
  const { kind } = column.field.type;
  if (kind === 'boolean') {
    const flag = typeof value === 'boolean' ? Number(value) : BOOLEANS[String(value).toLowerCase()];
    if (flag === undefined) throw unfit(column, value);
    return flag;
  }
  if (kind === 'date') {
    const days = parseDate(value instanceof Date ? value.toISOString().slice(0, 10) : String(value));
    if (days === undefined) throw unfit(column, value);
    return days;
  }
  const limit = kind === 'int16' ? INTEGER_LIMITS.int16 : INTEGER_LIMITS.int32;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'bigint') return toInt32(column, Number(number));
  if (typeof number !== 'number' || !Number.isInteger(number) || number > limit || number < -limit - 1) {
    throw unfit(column, value);
  }
  return number;
}

const INT64_MAX = 9_223_372_036_854_775_807n;

function toInt64(column: Int64Column, value: unknown): bigint | number {
  const { type } = column.field;
  let result: bigint | number | undefined;
  if (type.kind === 'decimal') result = toScaled(String(value), type.precision ?? INT64_DIGITS, type.scale ?? 0);
  else if (type.kind === 'time') result = parseTime(String(value));
  else if (type.kind === 'timestamp') {
    result = value instanceof Date ? value.getTime() * 1000 : parseTimestamp(String(value));
  } else if (typeof value === 'number') result = Number.isSafeInteger(value) ? value : undefined;
  else if (typeof value === 'bigint') result = value;
  else if (typeof value === 'string' && /^[+-]?\d+$/.test(value)) result = BigInt(value);
  if (result === undefined || Number.isNaN(result)) throw unfit(column, value);
  if (typeof result === 'bigint' && (result > INT64_MAX || result < -INT64_MAX - 1n)) throw unfit(column, value);
  return result;
}

function toScaled(text: string, precision: number, scale: number): bigint | number | undefined {
  const short = parseShortScaled(text, precision, scale);
  return Number.isNaN(short) ? parseScaled(text, precision, scale) : short;
}

/** Infinity is a value of its own: a number that is beyond what the column holds does not become it. */
function toFloat(column: Column, value: unknown): number {
  const number = numberFrom(value);
  if (Number.isNaN(number) && !Number.isNaN(value) && value !== 'NaN') throw unfit(column, value);
  const stored = column.field.type.kind === 'float32' ? Math.fround(number) : number;
  if (Math.abs(stored) === Number.POSITIVE_INFINITY && !isInfinity(value)) throw unfit(column, value);
  return number;
}

function numberFrom(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}

function isInfinity(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('Infinity');
  return typeof value === 'number' && Math.abs(value) === Number.POSITIVE_INFINITY;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function toBytes(column: BytesColumn, value: unknown): string | Uint8Array {
  const { kind } = column.field.type;
  if (kind === 'json') return toJson(column, value);
  if (kind === 'binary') {
    if (value instanceof Uint8Array) return value;
    throw unfit(column, value);
  }
  if (kind === 'decimal') {
    const text = normalizeDecimal(String(value));
    if (text === undefined) throw unfit(column, value);
    return text;
  }
  if (kind === 'uuid') {
    if (typeof value === 'string' && UUID.test(value)) return value.toLowerCase();
    throw unfit(column, value);
  }
  if (typeof value === 'string') return value;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object') throw unfit(column, value);
  return String(value);
}

function toJson(column: BytesColumn, value: unknown): string {
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'bigint') return part;
    if (!Number.isSafeInteger(Number(part))) throw unfit(column, part);
    return Number(part);
  });
  if (text === undefined) throw unfit(column, value);
  return text;
}
