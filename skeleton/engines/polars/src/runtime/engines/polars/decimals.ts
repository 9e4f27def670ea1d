import type { BytesColumn, Int64Column } from '../../columns/column.ts';
import { formatScaled, parseScaled } from '../../columns/decimals.ts';
import { readText } from '../../columns/read-values.ts';
import { ValueError } from '../../columns/write-values.ts';
import { describeType, type LogicalType } from '../../schema/table-schema.ts';

/** Arrow's decimals: whole numbers of 128 bits, scaled by a power of ten, as four 32-bit words, low word first. */

const WORDS = 4;

type DecimalType = Extract<LogicalType, { kind: 'decimal' }>;

/** Decimals of up to 18 digits with their sign spread over the upper half. */
export function widenDecimals({ values }: Int64Column, length: number): Uint32Array {
  const words = new Uint32Array(WORDS * length);
  for (let index = 0; index < length; index++) {
    const high = values[2 * index + 1] ?? 0;
    words[WORDS * index] = values[2 * index] ?? 0;
    words[WORDS * index + 1] = high;
    words[WORDS * index + 2] = high >> 31;
    words[WORDS * index + 3] = high >> 31;
  }
  return words;
}

/** The lower halves: all of the decimals that have at most 18 digits. */
export function narrowDecimals(words: Uint32Array, length: number): Int32Array {
  const values = new Int32Array(2 * length);
  for (let index = 0; index < length; index++) {
    values[2 * index] = words[WORDS * index] ?? 0;
    values[2 * index + 1] = words[WORDS * index + 1] ?? 0;
  }
  return values;
}

/**
 * Decimals of 19 to 38 digits, which lie in a column as text.
 *
 * @throws ValueError for NaN, and for a value that has more digits than its type
 */
export function parseDecimals(column: BytesColumn, type: DecimalType, length: number): Uint32Array {
  const words = new Uint32Array(WORDS * length);
  for (let index = 0; index < length; index++) {
    if (column.valid?.[index] === 0) continue;
    const text = readText(column, index);
    const value = parseScaled(text, type.precision ?? 0, type.scale ?? 0);
    if (value === undefined) throw new ValueError(`${column.field.name}: ${text} is not ${describeType(type)}`);
    for (let word = 0; word < WORDS; word++) {
      words[WORDS * index + word] = Number(BigInt.asUintN(32, value >> BigInt(32 * word)));
    }
  }
  return words;
}

/** One decimal as text. */
export function formatDecimal(words: Uint32Array, index: number, scale: number): string {
  let value = 0n;
  for (let word = WORDS - 1; word >= 0; word--) value = (value << 32n) | BigInt(words[WORDS * index + word] ?? 0);
  return formatScaled(BigInt.asIntN(128, value), scale);
}
