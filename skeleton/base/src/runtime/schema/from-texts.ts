import { type BytesColumn, type Int32Column, type Int64Column, isNull } from '../columns/column.ts';
import { parseDateBytes, parseDecimalBytes } from '../columns/parse-bytes.ts';
import { writeInt64 } from '../columns/write-values.ts';
import type { LogicalType } from './table-schema.ts';

const PLUS = 0x2b;

/**
 * Texts that a contract takes, as columns of the type that it gives them: nobody has to read them a second time. Doubtful
 * are those that are not surely in the right form.
 */

/**
 * Whole numbers and decimals. Doubtful are a decimal with a plus, and the whole number -0, which no column of integers has.
 *
 * @param limit what the values times 10^scale stay below
 */
export function numbersFromTexts(
  column: BytesColumn,
  length: number,
  type: Extract<LogicalType, { kind: 'int64' | 'decimal' }>,
  limit: number,
  doubts: Uint8Array,
): Int64Column {
  const { offsets, bytes, field, valid } = column;
  const isDecimal = type.kind === 'decimal';
  const scale = isDecimal ? (type.scale ?? 0) : 0;
  const values = new Int32Array(2 * length);
  const numbers: Int64Column = { storage: 'int64', field: { ...field, type }, valid, values };
  for (let index = 0; index < length; index++) {
    const start = offsets[index] ?? 0;
    const value = parseDecimalBytes(bytes, start, offsets[index + 1] ?? 0, scale);
    const isDoubtful = isDecimal ? bytes[start] === PLUS : Object.is(value, -0);
    if (value < limit && value > -limit && !isDoubtful) writeInt64(numbers, index, value);
    else if (!isNull(column, index)) doubts[index] = 1;
  }
  return numbers;
}

/** ISO dates, which a column of dates gives back as the same texts. */
export function datesFromTexts(column: BytesColumn, length: number, doubts: Uint8Array): Int32Column {
  const { offsets, bytes, field, valid } = column;
  const values = new Int32Array(length);
  for (let index = 0; index < length; index++) {
    const days = parseDateBytes(bytes, offsets[index] ?? 0, offsets[index + 1] ?? 0);
    if (!Number.isNaN(days)) values[index] = days;
    else if (!isNull(column, index)) doubts[index] = 1;
  }
  return { storage: 'int32', field: { ...field, type: { kind: 'date' } }, valid, values };
}
