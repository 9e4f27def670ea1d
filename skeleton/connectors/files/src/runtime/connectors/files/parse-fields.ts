import { daysFromCivil } from '../../columns/timestamps.ts';

const ZERO = 48;
const MINUS = 45;
const POINT = 46;

/** `2026-01-31` as days since 1970-01-01; NaN when it is no date, or a date in another form. */
export function parseDateField(bytes: Buffer, start: number, end: number): number {
  if (end - start !== 10 || bytes[start + 4] !== MINUS || bytes[start + 7] !== MINUS) return Number.NaN;
  const year = digits(bytes, start, start + 4);
  const month = digits(bytes, start + 5, start + 7);
  const day = digits(bytes, start + 8, end);
  // Days that not every month has are left to the general conversion.
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= 28)) return day <= 31 ? longDay(year, month, day) : Number.NaN;
  return daysFromCivil(year, month, day);
}

function longDay(year: number, month: number, day: number): number {
  if (!(month >= 1 && month <= 12 && day >= 1)) return Number.NaN;
  const days = daysFromCivil(year, month, day);
  const next = month === 12 ? daysFromCivil(year + 1, 1, 1) : daysFromCivil(year, month + 1, 1);
  return days < next ? days : Number.NaN;
}

const MICROSECONDS = 1_000_000;

/** `2026-01-31T23:59:59`, with a space for the `T`, up to six places and a `Z`, as microseconds since 1970-01-01. */
export function parseTimestampField(bytes: Buffer, start: number, end: number): number {
  const stop = bytes[end - 1] === 90 ? end - 1 : end;
  const length = stop - start;
  const separator = bytes[start + 10];
  if (length < 19 || length > 26 || (separator !== 84 && separator !== 32)) return Number.NaN;
  if (bytes[start + 13] !== 58 || bytes[start + 16] !== 58) return Number.NaN;
  const days = parseDateField(bytes, start, start + 10);
  const hours = digits(bytes, start + 11, start + 13);
  const minutes = digits(bytes, start + 14, start + 16);
  const seconds = digits(bytes, start + 17, start + 19);
  if (!(hours < 24 && minutes < 60 && seconds < 60)) return Number.NaN;
  let fraction = 0;
  if (length > 19) {
    if (length === 20 || bytes[start + 19] !== POINT) return Number.NaN;
    fraction = digits(bytes, start + 20, stop) * 10 ** (26 - length);
  }
  const value = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * MICROSECONDS + fraction;
  return Number.isSafeInteger(value) ? value : Number.NaN;
}

/** NaN where there is anything but digits. */
function digits(bytes: Buffer, start: number, end: number): number {
  let value = 0;
  for (let position = start; position < end; position++) {
    const digit = (bytes[position] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}
