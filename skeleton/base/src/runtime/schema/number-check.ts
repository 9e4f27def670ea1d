import { z } from 'zod';
import { type Column, type Float64Column, type Int32Column, type Int64Column, isNull } from '../columns/column.ts';
import { readSafeInt64 } from '../columns/read-values.ts';
import { type ColumnCheck, checksOf } from './column-check.ts';

/** The numbers that a type takes. */
interface Range {
  integer: boolean;
  /** Smallest and largest number. */
  least: number;
  most: number;
  /** Numbers that it does not take any more. */
  above: number;
  below: number;
}

export function numberCheck(type: z.core.$ZodType): ColumnCheck | undefined {
  if (!(type instanceof z.ZodNumber) || type.def.coerce) return undefined;
  const range = rangeOf(type);
  return range && ((column, length, doubts) => checkNumbers(column, length, range, doubts));
}

/** The whole numbers that a number holds exactly. */
export function checkWholeNumbers(column: Column, length: number, doubts: Uint8Array): Column | undefined {
  return checkNumbers(column, length, SAFE_INTEGERS, doubts);
}

const FINITE: Range = {
  integer: false,
  least: -Number.MAX_VALUE,
  most: Number.MAX_VALUE,
  above: Number.NEGATIVE_INFINITY,
  below: Number.POSITIVE_INFINITY,
};

const SAFE_INTEGERS: Range = {
  ...FINITE,
  integer: true,
  least: Number.MIN_SAFE_INTEGER,
  most: Number.MAX_SAFE_INTEGER,
};

const FORMATS: Readonly<Record<string, Pick<Range, 'integer' | 'least' | 'most'>>> = {
  safeint: SAFE_INTEGERS,
  int32: { integer: true, least: -2_147_483_648, most: 2_147_483_647 },
  uint32: { integer: true, least: 0, most: 4_294_967_295 },
  float64: FINITE,
};

/** @returns `undefined` where there are checks that are no range */
function rangeOf(type: z.core.$ZodType): Range | undefined {
  const range = { ...FINITE };
  for (const check of checksOf(type)) {
    if (check.when !== undefined) return undefined;
    if (check.check === 'number_format') {
      const format = FORMATS[check.format];
      if (format === undefined) return undefined;
      range.integer ||= format.integer;
      range.least = Math.max(range.least, format.least);
      range.most = Math.min(range.most, format.most);
    } else if (check.check === 'greater_than' && typeof check.value === 'number') {
      if (check.inclusive) range.least = Math.max(range.least, check.value);
      else range.above = Math.max(range.above, check.value);
    } else if (check.check === 'less_than' && typeof check.value === 'number') {
      if (check.inclusive) range.most = Math.min(range.most, check.value);
      else range.below = Math.min(range.below, check.value);
    } else {
      return undefined;
    }
  }
  return range;
}

function isWithin(value: number, { integer, least, most, above, below }: Range): boolean {
  return value >= least && value <= most && value > above && value < below && !(integer && !Number.isInteger(value));
}

function checkNumbers(column: Column, length: number, range: Range, doubts: Uint8Array): Column | undefined {
  const { kind } = column.field.type;
  if (column.storage === 'int32' && kind !== 'boolean' && kind !== 'date') {
    checkPlain(column, length, range, doubts);
    return column;
  }
  if (column.storage === 'float64') {
    checkPlain(column, length, range, doubts);
    return column;
  }
  if (column.storage === 'int64' && kind === 'int64') {
    checkInt64(column, length, range, doubts);
    return column;
  }
  return undefined;
}

function checkPlain(column: Int32Column | Float64Column, length: number, range: Range, doubts: Uint8Array): void {
  const { values } = column;
  for (let index = 0; index < length; index++) {
    if (!isWithin(values[index] ?? Number.NaN, range) && !isNull(column, index)) doubts[index] = 1;
  }
}

/** Rows hold numbers beyond 2^53 as bigints, which no number takes. */
function checkInt64(column: Int64Column, length: number, range: Range, doubts: Uint8Array): void {
  for (let index = 0; index < length; index++) {
    const value = readSafeInt64(column, index);
    if (!(isWithin(value, range) && Number.isSafeInteger(value)) && !isNull(column, index)) doubts[index] = 1;
  }
}
