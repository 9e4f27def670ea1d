import { WORD } from './epoch.ts';
import { unexpectedRow } from './errors.ts';

/**
 * PostgreSQL's binary `numeric`: four 16-bit words (number of digits, weight of the first digit, sign, decimal places)
 * and then the digits to base 10,000, most significant first.
 */

const NEGATIVE = 0x4000;
const NOT_A_NUMBER = 0xc000;
const INFINITY = 0xd000;
const NEGATIVE_INFINITY = 0xf000;
const SPECIAL_TEXT = new Map([
  [NOT_A_NUMBER, 'NaN'],
  [INFINITY, 'Infinity'],
  [NEGATIVE_INFINITY, '-Infinity'],
]);

/** Bytes before the digits. */
export const NUMERIC_HEADER = 8;
const BASE = 10_000;
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);
const LARGEST_SCALE = 0x3fff;
const ZERO = 48;
const NINE = 57;
const POINT = 46;
const MINUS = 45;

/** @throws PipelineError `INTERNAL` when its length, which lies before it, is not that of its digits, or its scale is none */
export function requireNumeric(view: DataView, at: number): void {
  const size = NUMERIC_HEADER + 2 * view.getUint16(at);
  if (view.getInt32(at - 4) !== size || view.getUint16(at + 6) > LARGEST_SCALE) throw unexpectedRow();
}

/** The value times 10^scale as a number; NaN where a number would not be exact, and for NaN itself. */
export function readScaled(view: DataView, at: number, scale: number): number {
  const digits = view.getUint16(at);
  const sign = view.getUint16(at + 4);
  if (sign > NEGATIVE) return Number.NaN;
  let value = 0;
  for (let index = 0; index < digits; index++) value = value * BASE + view.getInt16(at + NUMERIC_HEADER + 2 * index);
  if (value > Number.MAX_SAFE_INTEGER) return Number.NaN;
  const exponent = scale + 4 * (view.getInt16(at + 2) - digits + 1);
  if (exponent > 0) value *= POWERS_OF_TEN[exponent] ?? Number.NaN;
  else if (exponent < 0) value /= POWERS_OF_TEN[-exponent] ?? Number.NaN;
  if (value > Number.MAX_SAFE_INTEGER) return Number.NaN;
  return sign === NEGATIVE ? -value : value;
}

/** The same as a bigint; `undefined` for NaN and the infinities. */
export function readScaledBigInt(view: DataView, at: number, scale: number): bigint | undefined {
  const digits = view.getUint16(at);
  const sign = view.getUint16(at + 4);
  if (sign > NEGATIVE) return undefined;
  let value = 0n;
  for (let index = 0; index < digits; index++) {
    value = value * BigInt(BASE) + BigInt(view.getInt16(at + NUMERIC_HEADER + 2 * index));
  }
  const exponent = scale + 4 * (view.getInt16(at + 2) - digits + 1);
  value = exponent >= 0 ? value * 10n ** BigInt(exponent) : value / 10n ** BigInt(-exponent);
  return sign === NEGATIVE ? -value : value;
}

/** Most bytes that the value takes as text. */
export function numericTextSize(view: DataView, at: number): number {
  return 16 + 4 * Math.max(0, view.getInt16(at + 2)) + view.getInt16(at + 6);
}

/** Writes the value as PostgreSQL prints it, trailing zeros included; returns the end of the text. */
export function writeNumericText(view: DataView, at: number, bytes: Buffer, start: number): number {
  const digits = view.getUint16(at);
  const weight = view.getInt16(at + 2);
  const sign = view.getUint16(at + 4);
  const places = view.getInt16(at + 6);
  const special = SPECIAL_TEXT.get(sign);
  if (special !== undefined) return start + bytes.write(special, start, 'latin1');
  const digit = (index: number): number =>
    index >= 0 && index < digits ? view.getInt16(at + NUMERIC_HEADER + 2 * index) : 0;
  let end = start;
  if (sign === NEGATIVE) bytes[end++] = MINUS;
  if (weight < 0) bytes[end++] = ZERO;
  for (let index = 0; index <= weight; index++) {
    end = index === 0 ? end + bytes.write(String(digit(0)), end, 'latin1') : writeFourDigits(bytes, end, digit(index));
  }
  if (places === 0) return end;
  bytes[end++] = POINT;
  const stop = end + places;
  for (let index = weight + 1; end < stop; index++) end = writeFourDigits(bytes, end, digit(index));
  return stop;
}

function writeFourDigits(bytes: Buffer, at: number, value: number): number {
  bytes[at] = ZERO + Math.floor(value / 1000);
  bytes[at + 1] = ZERO + (Math.floor(value / 100) % 10);
  bytes[at + 2] = ZERO + (Math.floor(value / 10) % 10);
  bytes[at + 3] = ZERO + (value % 10);
  return at + 4;
}

/** How the digits of a scaled whole number fall into groups of four to both sides of the decimal point. */
export interface ScaledLayout {
  readonly scale: number;
  readonly fractionGroups: number;
  /** Makes the fraction a whole number of groups. */
  readonly factor: number;
}

export function scaledLayout(scale: number): ScaledLayout {
  const fractionGroups = Math.ceil(scale / 4);
  return { scale, fractionGroups, factor: 10 ** (4 * fractionGroups - scale) };
}

/** Groups of four digits that a number takes; at least one. */
export function countGroups(magnitude: number): number {
  if (magnitude < 1e8) return magnitude < 1e4 ? 1 : 2;
  return magnitude < 1e12 ? 3 : 4;
}

/**
 * Writes a scaled whole number in `groups` groups.
 *
 * @param magnitude the number without its sign times `layout.factor`, exact
 */
export function writeScaled(
  view: DataView,
  at: number,
  magnitude: number,
  negative: boolean,
  groups: number,
  layout: ScaledLayout,
): void {
  writeHeader(view, at, groups, groups - layout.fractionGroups - 1, negative ? NEGATIVE : 0, layout.scale);
  let rest = magnitude;
  for (let group = at + NUMERIC_HEADER + 2 * (groups - 1); group > at + NUMERIC_HEADER; group -= 2) {
    const higher = Math.floor(rest / BASE);
    view.setInt16(group, rest - higher * BASE);
    rest = higher;
  }
  view.setInt16(at + NUMERIC_HEADER, rest);
}

/** Groups that any scaled 64-bit number fits in. */
export const WIDE_GROUPS = 6;

/** The same for any 64-bit number, given as two words, always in `WIDE_GROUPS` groups; the server drops leading zeros. */
export function writeWideScaled(view: DataView, at: number, high: number, low: number, layout: ScaledLayout): void {
  const negative = high < 0;
  let upper = negative ? ~high + (low === 0 ? 1 : 0) : high;
  let lower = (negative ? -low : low) >>> 0;
  writeHeader(view, at, WIDE_GROUPS, WIDE_GROUPS - layout.fractionGroups - 1, negative ? NEGATIVE : 0, layout.scale);
  // The last group holds fewer digits of the number where the fraction does not fill it.
  let { factor } = layout;
  for (let index = WIDE_GROUPS - 1; index >= 0; index--) {
    const divisor = BASE / factor;
    const quotient = Math.floor(upper / divisor);
    const rest = (upper - quotient * divisor) * WORD + lower;
    lower = Math.floor(rest / divisor);
    view.setInt16(at + NUMERIC_HEADER + 2 * index, (rest - lower * divisor) * factor);
    upper = quotient;
    factor = 1;
  }
}

function writeHeader(view: DataView, at: number, groups: number, weight: number, sign: number, places: number): void {
  view.setInt32(at, (groups << 16) | (weight & 0xffff));
  view.setInt32(at + 4, (sign << 16) | places);
}

const SPECIAL_SIGN = new Map([...SPECIAL_TEXT].map(([sign, text]) => [text, sign]));

/** Whether the text, plain digits otherwise, is `NaN`, `Infinity` or `-Infinity`. */
function isSpecial(bytes: Buffer, end: number): boolean {
  return (bytes[end - 1] ?? 0) > NINE;
}

/** Bytes that a decimal text (`-12.50`, no exponent) takes as binary numeric. */
export function textNumericSize(bytes: Buffer, start: number, end: number): number {
  if (isSpecial(bytes, end)) return NUMERIC_HEADER;
  const { whole, fraction } = splitText(bytes, start, end);
  return NUMERIC_HEADER + 2 * (Math.ceil(whole / 4) + Math.ceil(fraction / 4));
}

/** Writes a decimal text as binary numeric; returns the end. */
export function writeTextNumeric(view: DataView, at: number, bytes: Buffer, start: number, end: number): number {
  if (isSpecial(bytes, end)) {
    writeHeader(view, at, 0, 0, SPECIAL_SIGN.get(bytes.toString('latin1', start, end)) ?? NOT_A_NUMBER, 0);
    return at + NUMERIC_HEADER;
  }
  const { first, whole, fraction } = splitText(bytes, start, end);
  const wholeGroups = Math.ceil(whole / 4);
  const groups = wholeGroups + Math.ceil(fraction / 4);
  writeHeader(view, at, groups, wholeGroups - 1, first > start ? NEGATIVE : 0, fraction);
  const stop = at + NUMERIC_HEADER + 2 * groups;
  let from = first;
  let digits = whole - 4 * (wholeGroups - 1);
  for (let group = at + NUMERIC_HEADER; group < stop; group += 2) {
    if (from === first + whole) from++;
    let value = 0;
    for (; digits > 0; digits--) value = 10 * value + (from < end ? (bytes[from++] ?? ZERO) - ZERO : 0);
    view.setInt16(group, value);
    digits = 4;
  }
  return stop;
}

/** Where the digits begin, how many stand before the point, and how many behind it. */
function splitText(bytes: Buffer, start: number, end: number): { first: number; whole: number; fraction: number } {
  const first = bytes[start] === MINUS ? start + 1 : start;
  let point = first;
  while (point < end && bytes[point] !== POINT) point++;
  return { first, whole: point - first, fraction: Math.max(0, end - point - 1) };
}
