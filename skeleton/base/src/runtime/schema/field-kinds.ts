import { isNull } from '../columns/column.ts';
import { parseDateBytes, parseTimestampBytes } from '../columns/parse-bytes.ts';
import type { ColumnCheck } from './column-check.ts';
import { numbersFromTexts } from './from-texts.ts';
import { checkWholeNumbers } from './number-check.ts';

/** How the types of `fields.ts` check columns. */

/** Text becomes a number. */
export const checkIntegers: ColumnCheck = (column, length, doubts) => {
  const { type } = column.field;
  if (column.storage === 'bytes' && type.kind === 'string') {
    return numbersFromTexts(column, length, { kind: 'int64' }, Number.POSITIVE_INFINITY, doubts);
  }
  if (column.storage !== 'int64' || type.kind !== 'decimal') return checkWholeNumbers(column, length, doubts);
  if (type.scale !== 0) return undefined;
  return checkWholeNumbers({ ...column, field: { ...column.field, type: { kind: 'int64' } } }, length, doubts);
};

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
