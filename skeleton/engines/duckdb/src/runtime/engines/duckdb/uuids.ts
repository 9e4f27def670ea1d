import type { BytesColumn } from '../../columns/column.ts';
import { ValueError } from '../../columns/write-values.ts';

/** UUIDs between text and what DuckDB keeps: 128 bits as four words, low word first, the highest bit turned over. */

const WORDS = 4;
const HIGHEST_BIT = 0x80000000;
const TEXT_BYTES = 36;
/** Where the hexadecimal digits of each word stand in the text, in pieces of four; low word first. */
const PIECES = [
  [28, 32],
  [19, 24],
  [9, 14],
  [0, 4],
] as const;

/** @throws ValueError for a text that is no UUID */
export function parseUuids({ field, valid, offsets, bytes }: BytesColumn, start: number, count: number): Uint32Array {
  const words = new Uint32Array(WORDS * count);
  for (let index = 0; index < count; index++) {
    if (valid?.[start + index] === 0) continue;
    const from = offsets[start + index] ?? 0;
    const length = (offsets[start + index + 1] ?? 0) - from;
    let wrong = length - TEXT_BYTES;
    for (let word = 0; word < WORDS; word++) {
      const [left, right] = PIECES[word] ?? [0, 0];
      const high = fourDigits(bytes, from + left);
      const low = fourDigits(bytes, from + right);
      if (high < 0 || low < 0) wrong = 1;
      words[WORDS * index + word] = high * 65_536 + low;
    }
    if (wrong !== 0) {
      const text = JSON.stringify(bytes.toString('utf8', from, from + Math.min(length, 60)));
      throw new ValueError(`${field.name}: ${text} is not uuid`);
    }
    words[WORDS * index + WORDS - 1] = (words[WORDS * index + WORDS - 1] ?? 0) ^ HIGHEST_BIT;
  }
  return words;
}

/** Four hexadecimal digits as a number; negative where one of them is none. */
function fourDigits(bytes: Uint8Array, at: number): number {
  return (digit(bytes[at]) << 12) | (digit(bytes[at + 1]) << 8) | (digit(bytes[at + 2]) << 4) | digit(bytes[at + 3]);
}

function digit(code = 0): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

const DIGITS = Buffer.from('0123456789abcdef');
const HYPHEN = 45;

/** Writes one UUID as text; returns where it ends. */
export function formatUuid(words: Uint32Array, index: number, target: Uint8Array, at: number): number {
  target.fill(HYPHEN, at, at + TEXT_BYTES);
  for (let word = 0; word < WORDS; word++) {
    const turned = word === WORDS - 1 ? HIGHEST_BIT : 0;
    const value = (words[WORDS * index + word] ?? 0) ^ turned;
    PIECES[word]?.forEach((place, piece) => {
      const digits = piece === 0 ? value >>> 16 : value & 0xffff;
      for (let position = 0; position < 4; position++) {
        target[at + place + position] = DIGITS[(digits >> (12 - 4 * position)) & 15] ?? 0;
      }
    });
  }
  return at + TEXT_BYTES;
}
