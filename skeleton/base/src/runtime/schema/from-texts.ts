import { type BytesColumn, type Int32Column, type Int64Column, isNull } from '../columns/column.ts';
import { parseDateBytes, parseDecimalBytes } from '../columns/parse-bytes.ts';
import { writeInt64 } from '../columns/write-values.ts';

/**
 * Texts that a contract takes, as columns of the type that it gives them: nobody has to read them a second time. Doubtful
 * are those that are not surely in the right form.
 */

/** Whole numbers become numbers. */
export function integersFromTexts(column: BytesColumn, length: number, doubts: Uint8Array): Int64Column {
  const { offsets, bytes, field, valid } = column;
  const values = new Int32Array(2 * length);
  const numbers: Int64Column = { storage: 'int64', field: { ...field, type: { kind: 'int64' } }, valid, values };
  for (let index = 0; index < length; index++) {
    const value = parseDecimalBytes(bytes, offsets[index] ?? 0, offsets[index + 1] ?? 0, 0);
    // An integer column has no -0.
    if (Number.isNaN(value) || Object.is(value, -0)) {
      if (!isNull(column, index)) doubts[index] = 1;
    } else {
      writeInt64(numbers, index, value);
    }
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
