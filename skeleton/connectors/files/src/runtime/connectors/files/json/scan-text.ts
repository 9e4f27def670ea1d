import type { BytesColumn } from '../../../columns/column.ts';
import { appendBytes } from '../value-form.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

/** What the letter behind a backslash stands for, 0 where it stands for nothing. */
const ESCAPES = new Uint8Array(128);
for (const [letter, meaning] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t'].map((pair) => [...pair])) {
  if (letter !== undefined && meaning !== undefined) ESCAPES[letter.charCodeAt(0)] = meaning.charCodeAt(0);
}

/**
 * Writes the JSON string whose characters begin at `start` as value `index` of a column of texts.
 *
 * @returns the position behind the closing quote; -1 when the string is not closed before `end`, is no JSON, or holds
 * half of a surrogate pair
 */
export function scanText(column: BytesColumn, index: number, bytes: Buffer, start: number, end: number): number {
  let to = column.offsets[index] ?? 0;
  for (let position = start; ; ) {
    const stop = endOfPlainText(bytes, position, end);
    to = appendBytes(column, to, bytes, position, stop);
    if (stop >= end) return -1;
    const byte = bytes[stop];
    if (byte === QUOTE) {
      column.offsets[index + 1] = to;
      return stop + 1;
    }
    if (byte !== BACKSLASH) return -1;
    const meaning = ESCAPES[bytes[stop + 1] ?? 0] ?? 0;
    if (meaning > 0) {
      column.bytes[to++] = meaning;
      position = stop + 2;
      continue;
    }
    const character = readUnicodeEscape(bytes, stop);
    if (character < 0) return -1;
    to = writeUtf8(column.bytes, to, character);
    position = stop + (character > 0xffff ? 12 : 6);
  }
}

/** @returns the position of the first byte that is a quote, a backslash or a control character */
export function endOfPlainText(bytes: Buffer, start: number, end: number): number {
  let position = start;
  for (; position < end; position++) {
    const byte = bytes[position] ?? 0;
    if (byte === QUOTE || byte === BACKSLASH || byte < SPACE) break;
  }
  return position;
}

/** The character that `\u20ac`, or a pair of such escapes, stands for; -1 when it is none. */
function readUnicodeEscape(bytes: Buffer, start: number): number {
  const first = readCodeUnit(bytes, start);
  if (first < 0xd800 || first > 0xdfff) return first;
  const second = readCodeUnit(bytes, start + 6);
  if (first > 0xdbff || second < 0xdc00 || second > 0xdfff) return -1;
  return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
}

function readCodeUnit(bytes: Buffer, start: number): number {
  if (bytes[start] !== BACKSLASH || bytes[start + 1] !== 0x75) return -1;
  let value = 0;
  for (let position = start + 2; position < start + 6; position++) {
    const digit = hexDigit(bytes[position] ?? 0);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** @returns the position behind the character */
function writeUtf8(bytes: Buffer, start: number, character: number): number {
  let position = start;
  if (character < 0x80) {
    bytes[position++] = character;
    return position;
  }
  const more = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
  const lead = [0, 0xc0, 0xe0, 0xf0][more] ?? 0;
  bytes[position++] = lead | (character >> (6 * more));
  for (let rest = more - 1; rest >= 0; rest--) bytes[position++] = 0x80 | ((character >> (6 * rest)) & 0x3f);
  return position;
}
