import type { Field } from '../schema/table-schema.ts';
import { allocateColumn, type BytesColumn, type Column, type Int32Column, isNull } from './column.ts';
import { parseDateBytes, parseDecimalBytes, parseTimestampBytes } from './parse-bytes.ts';
import { readText } from './read-values.ts';
import { writeInt64 } from './write-values.ts';

/** Writes value `index` of the column that is being made, the ordinary way. */
type WriteValue = (column: Column, index: number, value: unknown) => void;

const MICROSECONDS_PER_DAY = 86_400_000_000;

/** The same values as columns of another type, without values in between. @returns `undefined` where there is no such way */
export function convertColumn(
  column: Column,
  field: Field,
  length: number,
  writeValue: WriteValue,
): Column | undefined {
  const [from, to] = [column.field.type.kind, field.type.kind];
  if (isStoredAlike(from, to)) return { ...column, field };
  if (column.storage === 'bytes') {
    const parse = from === 'string' ? parserOf(field) : undefined;
    return parse && fromText(column, field, length, parse, writeValue);
  }
  if (column.storage === 'int32' && to === 'int64' && (from === 'int16' || from === 'int32')) {
    return widen(column, field, length, writeValue);
  }
  return undefined;
}

/** A clock without a zone counts as UTC. */
function isStoredAlike(from: string, to: string): boolean {
  if (from === 'timestamp') return to === 'timestamp';
  if (from === 'uuid') return to === 'string';
  return (from === 'int16' && to === 'int32') || (from === 'float32' && to === 'float64');
}

type ParseBytes = (bytes: Uint8Array, start: number, end: number) => number;

/** NaN for what is not in the usual form, and for what does not fit. */
function parserOf({ type }: Field): ParseBytes | undefined {
  const whole: ParseBytes = (bytes, start, end) => parseDecimalBytes(bytes, start, end, 0);
  switch (type.kind) {
    case 'int16':
      return within(whole, 32_768);
    case 'int32':
      return within(whole, 2_147_483_648);
    case 'int64':
      return whole;
    case 'decimal': {
      const { precision, scale = 0 } = type;
      if (precision === undefined || precision > 18) return undefined;
      return within((bytes, start, end) => parseDecimalBytes(bytes, start, end, scale), 10 ** precision);
    }
    case 'date':
      return parseDateBytes;
    case 'timestamp':
      return (bytes, start, end) =>
        end - start === 10
          ? parseDateBytes(bytes, start, end) * MICROSECONDS_PER_DAY
          : parseTimestampBytes(bytes, start, end);
    default:
      return undefined;
  }
}

function within(parse: ParseBytes, limit: number): ParseBytes {
  return (bytes, start, end) => {
    const value = parse(bytes, start, end);
    return Math.abs(value) < limit ? value : Number.NaN;
  };
}

function fromText(
  column: BytesColumn,
  field: Field,
  length: number,
  parse: ParseBytes,
  writeOther: WriteValue,
): Column {
  const { bytes, offsets } = column;
  const made = allocateColumn(field, length);
  for (let index = 0; index < length; index++) {
    const value = isNull(column, index) ? Number.NaN : parse(bytes, offsets[index] ?? 0, offsets[index + 1] ?? 0);
    if (Number.isNaN(value)) writeOther(made, index, isNull(column, index) ? null : readText(column, index));
    else writeNumber(made, index, value);
  }
  return made;
}

function widen(column: Int32Column, field: Field, length: number, writeOther: WriteValue): Column {
  const made = allocateColumn(field, length);
  for (let index = 0; index < length; index++) {
    if (isNull(column, index)) writeOther(made, index, null);
    else writeNumber(made, index, column.values[index] ?? 0);
  }
  return made;
}

function writeNumber(column: Column, index: number, value: number): void {
  if (column.valid !== undefined) column.valid[index] = 1;
  if (column.storage === 'int64') writeInt64(column, index, value);
  else if (column.storage !== 'bytes') column.values[index] = value;
}
