import type { Float64Column, Int32Column, Int64Column } from '../../columns/column.ts';

const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const POINT = 0x2e;
const EXPONENT = 0x65;
/** Digits that a number holds exactly, whatever they are. */
const SAFE_DIGITS = 15;
/** Powers of ten that a number holds exactly. */
export const POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);

/** The plain decimal number that was read last: `digits` times 10^-`places`. */
let digits = 0;
let places = 0;

/** Whether a number starts with a zero that another digit follows; in JSON that is none. */
export function hasLeadingZero(bytes: Buffer, start: number): boolean {
  const first = bytes[start] === MINUS ? start + 1 : start;
  const second = bytes[first + 1] ?? 0;
  return bytes[first] === ZERO && second >= ZERO && second <= NINE;
}

/**
 * Reads a number of up to 15 digits without an exponent into `digits` and `places`; zeros behind the last place
 * count as places.
 *
 * @returns the position behind it, -1 when it is another number, or none
 */
function readPlain(bytes: Buffer, start: number): number {
  const negative = bytes[start] === MINUS;
  const first = negative ? start + 1 : start;
  let position = first;
  let value = 0;
  let byte = bytes[position] ?? 0;
  for (; byte >= ZERO && byte <= NINE; byte = bytes[++position] ?? 0) value = value * 10 + byte - ZERO;
  const whole = position - first;
  if (whole === 0) return -1;
  places = 0;
  if (byte === POINT) {
    byte = bytes[++position] ?? 0;
    for (; byte >= ZERO && byte <= NINE; byte = bytes[++position] ?? 0) value = value * 10 + byte - ZERO;
    places = position - first - whole - 1;
    if (places === 0) return -1;
  }
  if (whole + places > SAFE_DIGITS || (byte | 0x20) === EXPONENT) return -1;
  digits = negative ? -value : value;
  return position;
}

/**
 * Writes a whole number as value `index` of a column.
 *
 * @param allowPoint whether `7.0` is one, too
 * @returns as `readPlain` does
 */
export function scanInteger(
  column: Int32Column | Int64Column,
  index: number,
  bytes: Buffer,
  start: number,
  limit: number,
  allowPoint: boolean,
): number {
  const end = readPlain(bytes, start);
  if (end < 0 || (places > 0 && !allowPoint)) return -1;
  if (places > 0) {
    digits /= POWERS[places] ?? 1;
    if (!Number.isInteger(digits)) return -1;
  }
  // An integer column has no -0.
  if (digits > limit || digits < -limit || (digits === 0 && bytes[start] === MINUS)) return -1;
  if (column.storage === 'int64') storeInt64(column.values, index, digits);
  else column.values[index] = digits;
  return end;
}

/** Writes a decimal as whole number: the value times 10^scale. @returns as `readPlain` does */
export function scanDecimal(
  { values }: Int64Column,
  index: number,
  bytes: Buffer,
  start: number,
  precision: number,
  scale: number,
): number {
  const end = readPlain(bytes, start);
  if (end < 0 || places > scale) return -1;
  const value = digits * (POWERS[scale - places] ?? Number.NaN);
  const limit = POWERS[Math.min(precision, SAFE_DIGITS)] ?? 0;
  if (!(value < limit && value > -limit)) return -1;
  storeInt64(values, index, value);
  return end;
}

/** Writes a floating-point number; the division of two exact numbers rounds as reading the text does. */
export function scanFloat({ values }: Float64Column, index: number, bytes: Buffer, start: number): number {
  const end = readPlain(bytes, start);
  if (end < 0) return -1;
  values[index] = digits / (POWERS[places] ?? 1);
  return end;
}

export function storeInt64(values: Int32Array, index: number, value: number): void {
  values[2 * index] = value | 0;
  values[2 * index + 1] = Math.floor(value / 4_294_967_296);
}
