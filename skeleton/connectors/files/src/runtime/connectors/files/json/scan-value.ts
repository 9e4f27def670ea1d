import type { Column } from '../../../columns/column.ts';
import { parseDateBytes, parseTimestampBytes } from '../../../columns/parse-bytes.ts';
import { clearValue } from '../clear-value.ts';
import { hasLeadingZero, scanDecimal, scanFloat, scanInteger, storeInt64 } from '../scan-number.ts';
import { type ValueForm, WAYS } from '../value-form.ts';
import { endOfValue } from './end-of-value.ts';
import { writeJsonValue } from './json-values.ts';
import { exactNumber, isTooDeep, mayHoldHalfSurrogate, parseJson } from './parse-json.ts';
import { endOfPlainText, scanText } from './scan-text.ts';

const QUOTE = 0x22;
const NULL = Buffer.from('null');
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * Writes the JSON value at `start` as value `index` of a column.
 *
 * @returns the position behind it, -1 when it is not JSON, or not of the column's type
 * @throws ValueError, SyntaxError: the same
 */
export function scanValue(
  column: Column,
  form: ValueForm,
  index: number,
  bytes: Buffer,
  start: number,
  end: number,
): number {
  const first = bytes[start];
  if (first === NULL[0]) return scanNull(column, index, bytes, start);
  if (column.valid !== undefined) column.valid[index] = 1;
  const quoted = first === QUOTE;
  const next = quoted
    ? scanQuoted(column, form, index, bytes, start, end)
    : scanUnquoted(column, form, index, bytes, start);
  if (next > 0) return next;
  if (form.way === WAYS.json) return scanJson(column, index, bytes, start, end, false);
  return quoted
    ? scanAnyText(column, index, bytes, start, end)
    : scanAnyNumber(column, index, bytes, start, end, false);
}

export type ScanValue = typeof scanValue;

/**
 * The same, for a value that reads back from the column as `JSON.parse` gives it, whole numbers beyond 2^53 as bigints:
 * nothing is converted.
 */
export function scanExactValue(
  column: Column,
  form: ValueForm,
  index: number,
  bytes: Buffer,
  start: number,
  end: number,
): number {
  const first = bytes[start];
  if (first === NULL[0]) return scanNull(column, index, bytes, start);
  if (column.valid !== undefined) column.valid[index] = 1;
  if (form.way === WAYS.json) return scanJson(column, index, bytes, start, end, true);
  if (first === QUOTE) return column.storage === 'bytes' ? scanText(column, index, bytes, start + 1, end) : -1;
  if (column.storage === 'bytes') return -1;
  const next = scanUnquoted(column, form, index, bytes, start);
  if (next > 0 || form.way === WAYS.boolean) return next;
  return scanAnyNumber(column, index, bytes, start, end, true);
}

/** @returns -1 when it takes a more careful look */
function scanQuoted(column: Column, form: ValueForm, index: number, bytes: Buffer, start: number, end: number): number {
  if (form.way === WAYS.string && column.storage === 'bytes') return scanText(column, index, bytes, start + 1, end);
  if (form.way === WAYS.date && column.storage === 'int32') {
    const days = parseDateBytes(bytes, start + 1, start + 11);
    if (Number.isNaN(days) || bytes[start + 11] !== QUOTE) return -1;
    column.values[index] = days;
    return start + 12;
  }
  if (form.way === WAYS.timestamp && column.storage === 'int64') {
    const close = endOfPlainText(bytes, start + 1, end);
    const value = parseTimestampBytes(bytes, start + 1, close);
    if (Number.isNaN(value) || bytes[close] !== QUOTE) return -1;
    storeInt64(column.values, index, value);
    return close + 1;
  }
  if (form.way === WAYS.decimal && column.storage === 'int64') {
    const close = scanDecimal(column, index, bytes, start + 1, form.precision, form.scale);
    return bytes[close] === QUOTE ? close + 1 : -1;
  }
  return -1;
}

/** @returns -1 when it takes a more careful look */
function scanUnquoted(column: Column, form: ValueForm, index: number, bytes: Buffer, start: number): number {
  const { way } = form;
  if (hasLeadingZero(bytes, start)) return -1;
  if (column.storage === 'int64') {
    if (way === WAYS.int64) return scanInteger(column, index, bytes, start, form.limit, true);
    return way === WAYS.decimal ? scanDecimal(column, index, bytes, start, form.precision, form.scale) : -1;
  }
  if (column.storage === 'float64') return scanFloat(column, index, bytes, start);
  if (column.storage !== 'int32') return -1;
  if (way === WAYS.int64) return scanInteger(column, index, bytes, start, form.limit, true);
  return way === WAYS.boolean ? scanBoolean(column.values, index, bytes, start) : -1;
}

function scanNull(column: Column, index: number, bytes: Buffer, start: number): number {
  if (column.valid === undefined || !isAt(bytes, start, NULL)) return -1;
  clearValue(column, index);
  return start + NULL.length;
}

function scanBoolean(values: Int32Array, index: number, bytes: Buffer, start: number): number {
  const word = bytes[start] === TRUE[0] ? TRUE : FALSE;
  if (!isAt(bytes, start, word)) return -1;
  values[index] = word === TRUE ? 1 : 0;
  return start + word.length;
}

function isAt(bytes: Buffer, start: number, word: Buffer): boolean {
  for (let offset = 0; offset < word.length; offset++) if (bytes[start + offset] !== word[offset]) return false;
  return true;
}

/** A text without escapes, for a column that is not of texts. */
function scanAnyText(column: Column, index: number, bytes: Buffer, start: number, end: number): number {
  const close = endOfPlainText(bytes, start + 1, end);
  if (close >= end || bytes[close] !== QUOTE) return -1;
  writeJsonValue(column, index, bytes.toString('utf8', start + 1, close));
  return close + 1;
}

/** A number of any length. @param exact whether it has to read back as it is */
function scanAnyNumber(
  column: Column,
  index: number,
  bytes: Buffer,
  start: number,
  end: number,
  exact: boolean,
): number {
  let close = start;
  while (close < end && isInNumber(bytes[close] ?? 0)) close++;
  const source = bytes.toString('latin1', start, close);
  if (!JSON_NUMBER.test(source)) return -1;
  const value = exactNumber(Number(source), source);
  if (exact && (column.storage === 'float64' ? typeof value === 'bigint' : Object.is(value, -0))) return -1;
  writeJsonValue(column, index, value, source);
  return close;
}

/** Digits, signs, a point, the `e` of an exponent. */
function isInNumber(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2b || byte === 0x2d || byte === 0x2e || (byte | 0x20) === 0x65;
}

/** A zero with a sign, which is lost where JSON is written again. */
const MAY_BE_NEGATIVE_ZERO = /(?:^|[[:,\s])-(?:0|[\d.]+[eE]-\d{3})/;

function scanJson(column: Column, index: number, bytes: Buffer, start: number, end: number, exact: boolean): number {
  const close = endOfValue(bytes, start, end);
  if (close < 0 || isTooDeep(bytes, start, close)) return -1;
  const text = bytes.toString('utf8', start, close);
  if (mayHoldHalfSurrogate(text) || (exact && MAY_BE_NEGATIVE_ZERO.test(text))) return -1;
  writeJsonValue(column, index, parseJson(text).value);
  return close;
}
