import { type BytesColumn, type Column, type Int64Column, isNull } from '../columns/column.ts';
import { parseDateBytes, parseDecimalBytes, parseTimestampBytes } from '../columns/parse-bytes.ts';
import { readSafeInt64 } from '../columns/read-values.ts';
import { writeInt64 } from '../columns/write-values.ts';
import type { ColumnCheck } from './column-check.ts';
import { decimalsFromNumbers } from './decimals-from-numbers.ts';
import { checkWholeNumbers } from './number-check.ts';

/** How the types of `fields.ts` check columns. */

/** Text becomes a number. */
export const checkIntegers: ColumnCheck = (column, length, doubts) => {
  const { type } = column.field;
  if (column.storage === 'bytes' && type.kind === 'string') return integersFromText(column, length, doubts);
  if (column.storage !== 'int64' || type.kind !== 'decimal') return checkWholeNumbers(column, length, doubts);
  if (type.scale !== 0) return undefined;
  return checkWholeNumbers({ ...column, field: { ...column.field, type: { kind: 'int64' } } }, length, doubts);
};

function integersFromText(column: BytesColumn, length: number, doubts: Uint8Array): Int64Column {
  const { offsets, bytes, field, valid } = column;
  const numbers: Int64Column = {
    storage: 'int64',
    field: { ...field, type: { kind: 'int64' } },
    valid,
    values: new Int32Array(2 * length),
  };
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

/** Decimals are text in rows, so that text stays as it is. */
export function checkDecimals(
  column: Column,
  length: number,
  precision: number,
  scale: number,
  doubts: Uint8Array,
): Column | undefined {
  const { type } = column.field;
  if (column.storage === 'bytes') {
    if (type.kind !== 'string' && type.kind !== 'decimal') return undefined;
    checkDecimalTexts(column, length, precision, scale, doubts);
    return column;
  }
  if (column.storage === 'float64' || (column.storage === 'int64' && type.kind === 'int64')) {
    return decimalsFromNumbers(column, length, precision, scale, doubts);
  }
  if (column.storage !== 'int64' || type.kind !== 'decimal') return undefined;
  const places = type.scale ?? 0;
  const limit = 10 ** (precision - scale + places);
  const step = 10 ** Math.max(0, places - scale);
  for (let index = 0; index < length; index++) {
    const value = readSafeInt64(column, index);
    const fits = Math.abs(value) < limit && (step === 1 || value % step === 0) && Number.isSafeInteger(value);
    if (!fits && !isNull(column, index)) doubts[index] = 1;
  }
  return column;
}

const PLUS = 43;

function checkDecimalTexts(
  column: BytesColumn,
  length: number,
  precision: number,
  scale: number,
  doubts: Uint8Array,
): void {
  const { offsets, bytes } = column;
  const limit = 10 ** precision;
  for (let index = 0; index < length; index++) {
    const start = offsets[index] ?? 0;
    const value = parseDecimalBytes(bytes, start, offsets[index + 1] ?? 0, scale);
    if (!(Math.abs(value) < limit && bytes[start] !== PLUS) && !isNull(column, index)) doubts[index] = 1;
  }
}

/** Timestamps are text in rows, so that text stays as it is. */
export const checkInstants: ColumnCheck = (column, length, doubts) => {
  const { kind } = column.field.type;
  if (kind === 'timestamp') return column;
  if (column.storage !== 'bytes' || kind !== 'string') return undefined;
  const { offsets, bytes } = column;
  for (let index = 0; index < length; index++) {
    const start = offsets[index] ?? 0;
    const end = offsets[index + 1] ?? 0;
    const value = end - start === 10 ? parseDateBytes(bytes, start, end) : parseTimestampBytes(bytes, start, end);
    if (Number.isNaN(value) && !isNull(column, index)) doubts[index] = 1;
  }
  return column;
};
