/** Dates and timestamps between text (ISO 8601) and whole days or microseconds since 1970-01-01. */

const MICROSECONDS_PER_DAY = 86_400_000_000;

/** PostgreSQL's and this runtime's way of writing the ends of time, in 64 and in 32 bits. */
export const INFINITY_INT64 = 9_223_372_036_854_775_807n;
export const INFINITY_INT32 = 2_147_483_647;

/** Days since 1970-01-01 of a date of the proleptic Gregorian calendar (Howard Hinnant's days_from_civil). */
export function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** The date of a number of days since 1970-01-01 (Howard Hinnant's civil_from_days). */
export function civilFromDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthPart = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthPart < 10 ? monthPart + 3 : monthPart - 9;
  const day = dayOfYear - Math.floor((153 * monthPart + 2) / 5) + 1;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

const DATE = /^([+-]\d{6,7}|\d{4,6})-(\d{2})-(\d{2})$/;
const TIME = /^(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?$/;
const TIMESTAMP = /^((?:[+-]\d{6,7}|\d{4,6})-\d{2}-\d{2})(?:[T ]([0-9:.,]+?)\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/** `2026-01-31` as days since 1970-01-01; `undefined` when it is no date of the calendar. */
export function parseDate(text: string): number | undefined {
  const match = DATE.exec(text);
  if (match === null) {
    if (text === 'infinity') return INFINITY_INT32;
    return text === '-infinity' ? -INFINITY_INT32 - 1 : undefined;
  }
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const days = daysFromCivil(year, month, day);
  const back = civilFromDays(days);
  return back.month === month && back.day === day ? days : undefined;
}

/** `23:59:59.999999` as microseconds of the day; a finer fraction is cut off. */
export function parseTime(text: string): number | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [hour, minute, second] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  if (hour > 24 || minute > 59 || second > 60) return undefined;
  const microseconds = Number((match[4] ?? '').padEnd(6, '0').slice(0, 6));
  const total = ((hour * 60 + minute) * 60 + second) * 1_000_000 + microseconds;
  return total > MICROSECONDS_PER_DAY ? undefined : total;
}

/** An ISO 8601 timestamp as microseconds since 1970-01-01; without an offset the clock is taken as UTC. */
export function parseTimestamp(text: string): bigint | undefined {
  const match = TIMESTAMP.exec(text);
  if (match === null) {
    if (text === 'infinity') return INFINITY_INT64;
    return text === '-infinity' ? -INFINITY_INT64 - 1n : undefined;
  }
  const days = parseDate(match[1] ?? '');
  const time = match[2] === undefined ? 0 : parseTime(match[2]);
  if (days === undefined || time === undefined) return undefined;
  return BigInt(days) * BigInt(MICROSECONDS_PER_DAY) + BigInt(time - offsetMicroseconds(match[3]));
}

function offsetMicroseconds(offset: string | undefined): number {
  if (offset === undefined || offset === 'Z' || offset === 'z') return 0;
  const digits = offset.slice(1).replace(':', '').padEnd(4, '0');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2, 4));
  return (offset.startsWith('-') ? -minutes : minutes) * 60_000_000;
}

/** Days of the years from 1970 to 2059, each put together when it is first asked for. */
const usualDays = new Array<string | undefined>(32_872).fill(undefined);

export function formatDate(days: number): string {
  const usual = usualDays[days];
  if (usual !== undefined) return usual;
  const text = composeDate(days);
  if (days >= 0 && days < usualDays.length) usualDays[days] = text;
  return text;
}

function composeDate(days: number): string {
  if (days === INFINITY_INT32) return 'infinity';
  if (days === -INFINITY_INT32 - 1) return '-infinity';
  const { year, month, day } = civilFromDays(days);
  return `${formatYear(year)}-${twoDigits(month)}-${twoDigits(day)}`;
}

/** Microseconds of the day as `23:59:59.999999`, without a fraction that is zero. */
export function formatTime(microseconds: number): string {
  const seconds = Math.floor(microseconds / 1_000_000);
  const fraction = microseconds - seconds * 1_000_000;
  const clock = `${twoDigits(Math.floor(seconds / 3600))}:${twoDigits(Math.floor(seconds / 60) % 60)}:${twoDigits(seconds % 60)}`;
  if (fraction === 0) return clock;
  const digits = String(fraction).padStart(6, '0');
  return `${clock}.${fraction % 1000 === 0 ? digits.slice(0, 3) : digits}`;
}

/** Microseconds since 1970-01-01 as `2026-01-31T23:59:59.999999`, with a `Z` where the type has a zone. */
export function formatTimestamp(microseconds: bigint | number, zone: boolean): string {
  if (microseconds === INFINITY_INT64) return 'infinity';
  if (microseconds === -INFINITY_INT64 - 1n) return '-infinity';
  const days = floorDays(microseconds);
  const rest =
    typeof microseconds === 'bigint'
      ? Number(microseconds - BigInt(days) * BigInt(MICROSECONDS_PER_DAY))
      : microseconds - days * MICROSECONDS_PER_DAY;
  return `${formatDate(days)}T${formatTime(rest)}${zone ? 'Z' : ''}`;
}

function floorDays(microseconds: bigint | number): number {
  if (typeof microseconds === 'number') return Math.floor(microseconds / MICROSECONDS_PER_DAY);
  const perDay = BigInt(MICROSECONDS_PER_DAY);
  const days = Number(microseconds / perDay);
  return microseconds % perDay < 0n ? days - 1 : days;
}

/** Years before 1 and after 9999 in ISO 8601's expanded form. */
function formatYear(year: number): string {
  if (year >= 0 && year <= 9999) return String(year).padStart(4, '0');
  return `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
