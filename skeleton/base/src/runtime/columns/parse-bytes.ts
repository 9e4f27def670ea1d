import { daysFromCivil } from './timestamps.ts';

/**
 * Numbers and timestamps out of UTF-8 text, in the forms in which they are mostly written. NaN for every other text,
 * be it right or wrong: that is for the ordinary way, by string.
 */

const ZERO = 48;
const MINUS = 45;
const PLUS = 43;
const POINT = 46;

/** Digits that a number holds exactly, whatever they are. */
const EXACT_DIGITS = 15;
const POWERS_OF_TEN = Array.from({ length: EXACT_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

/**
 * A decimal times 10^scale: `-12.5` with scale 2 is -1250. Digits on both sides of a point, up to 15 of them with those
 * that the scale adds, and no more places than `scale`.
 */
export function parseDecimalBytes(bytes: Uint8Array, start: number, end: number, scale: number): number {
  const negative = bytes[start] === MINUS;
  const first = negative || bytes[start] === PLUS ? start + 1 : start;
  let value = 0;
  let point = end;
  for (let position = first; position < end; position++) {
    const digit = (bytes[position] ?? 0) - ZERO;
    if (digit >= 0 && digit <= 9) value = value * 10 + digit;
    else if (digit === POINT - ZERO && point === end) point = position;
    else return Number.NaN;
  }
  const places = point === end ? 0 : end - point - 1;
  if (first >= point || point === end - 1 || places > scale) return Number.NaN;
  if (end - first + scale - places > EXACT_DIGITS) return Number.NaN;
  const scaled = value * (POWERS_OF_TEN[scale - places] ?? 1);
  return negative ? -scaled : scaled;
}

const MICROSECONDS = 1_000_000;

/**
 * `2026-01-31T23:59:59`, with a space for the `T`, up to nine places and a `Z`, as microseconds since 1970-01-01; what
 * is finer is cut off. Only years whose microseconds a number holds exactly.
 */
export function parseTimestampBytes(bytes: Uint8Array, start: number, end: number): number {
  const stop = bytes[end - 1] === 90 ? end - 1 : end;
  const length = stop - start;
  const separator = bytes[start + 10];
  if (length < 19 || length > 29 || length === 20 || (separator !== 84 && separator !== 32)) return Number.NaN;
  if (bytes[start + 13] !== 58 || bytes[start + 16] !== 58 || (length > 20 && bytes[start + 19] !== POINT)) {
    return Number.NaN;
  }
  const days = parseDateBytes(bytes, start, start + 10);
  const hours = digits(bytes, start + 11, start + 13);
  const minutes = digits(bytes, start + 14, start + 16);
  const seconds = digits(bytes, start + 17, start + 19);
  if (!(hours < 24 && minutes < 60 && seconds < 60)) return Number.NaN;
  const fraction =
    length === 19 ? 0 : Math.floor((digits(bytes, start + 20, stop) * MICROSECONDS) / 10 ** (length - 20));
  const value = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * MICROSECONDS + fraction;
  return Number.isSafeInteger(value) ? value : Number.NaN;
}

/** `2026-01-31` as days since 1970-01-01. */
export function parseDateBytes(bytes: Uint8Array, start: number, end: number): number {
  if (end - start !== 10 || bytes[start + 4] !== MINUS || bytes[start + 7] !== MINUS) return Number.NaN;
  const year = digits(bytes, start, start + 4);
  const month = digits(bytes, start + 5, start + 7);
  const day = digits(bytes, start + 8, end);
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= 31)) return Number.NaN;
  const days = daysFromCivil(year, month, day);
  if (day <= 28) return days;
  const next = month === 12 ? daysFromCivil(year + 1, 1, 1) : daysFromCivil(year, month + 1, 1);
  return days < next ? days : Number.NaN;
}

/** NaN where there is anything but digits. */
function digits(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let position = start; position < end; position++) {
    const digit = (bytes[position] ?? 0) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}
