import { type Column, type Float64Column, type Int64Column, isNull } from '../columns/column.ts';
import { readSafeInt64 } from '../columns/read-values.ts';
import { writeInt64 } from '../columns/write-values.ts';
import { numbersFromTexts } from './from-texts.ts';

/** Digits of a decimal that is stored as a whole number, and those that are surely exact as a JavaScript number. */
const STORED_DIGITS = 18;
const EXACT_DIGITS = 15;

/** Value `index` times 10^scale; NaN where it is not surely a decimal that fits. */
type Scaled = (index: number) => number;

/** Numbers and texts become decimals with all their places, so that nobody has to read them a second time. */
export function checkDecimals(
  column: Column,
  length: number,
  precision: number,
  scale: number,
  doubts: Uint8Array,
): Column | undefined {
  if (scale > EXACT_DIGITS) return undefined;
  const { field, valid } = column;
  const type = { kind: 'decimal', precision: Math.min(precision, STORED_DIGITS), scale } as const;
  const limit = 10 ** Math.min(precision, EXACT_DIGITS);
  if (column.storage === 'bytes' && (field.type.kind === 'string' || field.type.kind === 'decimal')) {
    return numbersFromTexts(column, length, type, limit, doubts);
  }
  const scaled = scaledValues(column, scale);
  if (scaled === undefined) return undefined;
  const same = field.type.kind === 'decimal' && field.type.scale === scale && column.storage === 'int64';
  const values = same ? column.values : new Int32Array(2 * length);
  const decimals: Int64Column = { storage: 'int64', field: { ...field, type }, valid, values };
  for (let index = 0; index < length; index++) {
    const value = scaled(index);
    if (!(Math.abs(value) < limit)) {
      if (!isNull(column, index)) doubts[index] = 1;
    } else if (!same) {
      writeInt64(decimals, index, value);
    }
  }
  return decimals;
}

function scaledValues(column: Column, scale: number): Scaled | undefined {
  const { type } = column.field;
  switch (column.storage) {
    case 'float64':
      return ofNumbers(column, scale);
    case 'int64':
      if (type.kind === 'decimal') return ofWholeNumbers(column, scale - (type.scale ?? 0));
      return type.kind === 'int64' ? ofWholeNumbers(column, scale) : undefined;
    default:
      return undefined;
  }
}

/** A number stands for the shortest decimal that rounds to it: that is the one which gives it back, if it has few digits. */
function ofNumbers({ values }: Float64Column, scale: number): Scaled {
  const unit = 10 ** scale;
  return (index) => {
    const value = values[index] ?? 0;
    const scaled = Math.round(value * unit);
    return scaled / unit === value ? scaled : Number.NaN;
  };
}

/** @param places to be added; to be taken away where it is negative */
function ofWholeNumbers(column: Int64Column, places: number): Scaled {
  const factor = 10 ** Math.abs(places);
  return (index) => {
    const value = readSafeInt64(column, index);
    if (!Number.isSafeInteger(value)) return Number.NaN;
    if (places >= 0) return value * factor;
    return value % factor === 0 ? value / factor : Number.NaN;
  };
}
