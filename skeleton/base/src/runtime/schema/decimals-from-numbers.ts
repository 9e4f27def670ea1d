import { type BytesColumn, type Float64Column, type Int64Column, isNull, reserveBytes } from '../columns/column.ts';
import { readSafeInt64 } from '../columns/read-values.ts';

/** Numbers from here on take a text with an exponent if they are smaller, and more digits than a number holds if larger. */
const SMALLEST = 1e-6;
const LARGEST = 1e15;
/** The longest text: a sign, 15 digits, a point, and a zero in front of it. */
const TEXT_BYTES = 18;
const INT32_LIMIT = 2_147_483_648;

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;

/**
 * Numbers become the text that JavaScript gives them. Doubtful are those that take more than `precision` digits or
 * `scale` places, or an unusual form.
 */
export function decimalsFromNumbers(
  column: Float64Column | Int64Column,
  length: number,
  precision: number,
  scale: number,
  doubts: Uint8Array,
): BytesColumn {
  const unit = 10 ** scale;
  const limit = Math.min(10 ** precision, LARGEST);
  const texts: BytesColumn = {
    storage: 'bytes',
    field: { ...column.field, type: { kind: 'string' } },
    valid: column.valid,
    offsets: new Int32Array(length + 1),
    bytes: Buffer.allocUnsafeSlow(TEXT_BYTES * 1024),
  };
  let end = 0;
  for (let index = 0; index < length; index++) {
    const value = column.storage === 'int64' ? readSafeInt64(column, index) : (column.values[index] ?? 0);
    const scaled = Math.round(value * unit);
    const size = Math.abs(value);
    const usual = Math.abs(scaled) < limit && scaled / unit === value && (size >= SMALLEST || size === 0);
    if (!isNull(column, index)) {
      if (usual) end = writeDecimal(reserveBytes(texts, end + TEXT_BYTES), end, value, scaled, unit);
      else doubts[index] = 1;
    }
    texts.offsets[index + 1] = end;
  }
  return texts;
}

/** @returns the position behind the text */
function writeDecimal(bytes: Buffer, start: number, value: number, scaled: number, unit: number): number {
  const size = Math.abs(scaled);
  if (size >= INT32_LIMIT) return start + bytes.write(String(value), start, 'latin1');
  let position = start;
  if (scaled < 0) bytes[position++] = MINUS;
  const whole = Math.floor(size / unit);
  position = writeDigits(bytes, position, whole);
  let fraction = size - whole * unit;
  if (fraction === 0) return position;
  bytes[position++] = POINT;
  for (let place = unit / 10; fraction > 0; place /= 10) {
    const digit = Math.floor(fraction / place);
    bytes[position++] = ZERO + digit;
    fraction -= digit * place;
  }
  return position;
}

/** @param value a whole number that 32 bits hold */
function writeDigits(bytes: Buffer, start: number, value: number): number {
  let size = 1;
  for (let limit = 10; limit <= value; limit *= 10) size++;
  let rest = value;
  for (let position = start + size - 1; position >= start; position--) {
    const tenth = (rest / 10) | 0;
    bytes[position] = ZERO + rest - 10 * tenth;
    rest = tenth;
  }
  return start + size;
}
