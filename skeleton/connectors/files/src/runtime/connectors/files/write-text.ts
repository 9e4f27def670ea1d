import type { BytesColumn, Column, Int32Column, Int64Column } from '../../columns/column.ts';
import { formatScaled } from '../../columns/decimals.ts';
import { readInt64, readSafeInt64 } from '../../columns/read-values.ts';
import { formatDate, formatTime, formatTimestamp } from '../../columns/timestamps.ts';
import type { ByteOutput } from './byte-output.ts';

/** Appends value `index` of a column to the output; it is not NULL. */
export type WriteValue = (index: number) => void;

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const DASH = 0x2d;
const POINT = 0x2e;
const COLON = 0x3a;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;
/** Days since 1970-01-01 of the years that have four digits: 0000 to 9999. */
const FIRST_DAY = -719_528;
const LAST_DAY = 2_932_896;
const MICROSECONDS_PER_DAY = 86_400_000_000;

/**
 * How text files hold the values of a column: numbers with all their digits, dates and times in ISO 8601, bytes in
 * base64, texts as they are.
 */
export function textWriter(column: Column, output: ByteOutput): WriteValue {
  switch (column.storage) {
    case 'int32':
      return int32Writer(column, output);
    case 'int64':
      return int64Writer(column, output);
    case 'float64':
      return (index) => output.writeAscii(formatFloat(column.values[index] ?? 0));
    case 'bytes':
      return bytesWriter(column, output);
  }
}

/** The shortest text that gives the number again. */
function formatFloat(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function int32Writer({ field, values }: Int32Column, output: ByteOutput): WriteValue {
  switch (field.type.kind) {
    case 'boolean':
      return (index) => output.writeBytes(values[index] === 1 ? TRUE : FALSE);
    case 'date':
      return (index) => writeDate(values[index] ?? 0, output);
    default:
      return (index) => output.writeInteger(values[index] ?? 0);
  }
}

function int64Writer(column: Int64Column, output: ByteOutput): WriteValue {
  const { type } = column.field;
  switch (type.kind) {
    case 'timestamp':
      return (index) => writeTimestamp(column, index, type.zone, output);
    case 'time':
      return (index) => output.writeAscii(formatTime(readSafeInt64(column, index)));
    case 'decimal':
      return (index) => writeScaled(column, index, type.scale ?? 0, output);
    default:
      return (index) => writeScaled(column, index, 0, output);
  }
}

/** A whole number times 10^-scale. */
function writeScaled(column: Int64Column, index: number, scale: number, output: ByteOutput): void {
  const value = readSafeInt64(column, index);
  if (!Number.isSafeInteger(value)) {
    output.writeAscii(formatScaled(readInt64(column, index), scale));
  } else if (scale === 0) {
    output.writeInteger(value);
  } else if (scale > 9) {
    output.writeAscii(formatScaled(value, scale));
  } else {
    const size = value < 0 ? -value : value;
    const unit = 10 ** scale;
    const whole = Math.floor(size / unit);
    if (value < 0) output.writeByte(DASH);
    output.writeInteger(whole);
    output.writeByte(POINT);
    output.writeDigits(size - whole * unit, scale);
  }
}

/** The texts of dates that were written last; most columns hold few of them. */
const DATES = 4096;
const DATE_BYTES = 10;
const dates = { days: new Int32Array(DATES).fill(LAST_DAY + 1), texts: Buffer.alloc(DATES * DATE_BYTES) };

function writeDate(days: number, output: ByteOutput): void {
  if (days < FIRST_DAY || days > LAST_DAY) {
    output.writeAscii(formatDate(days));
    return;
  }
  const slot = days & (DATES - 1);
  const text = slot * DATE_BYTES;
  if (dates.days[slot] !== days) {
    dates.days[slot] = days;
    dates.texts.write(formatDate(days), text, 'latin1');
  }
  output.writeBytes(dates.texts, text, text + DATE_BYTES);
}

function writeTimestamp(column: Int64Column, index: number, zone: boolean, output: ByteOutput): void {
  const value = readSafeInt64(column, index);
  const days = Math.floor(value / MICROSECONDS_PER_DAY);
  if (!Number.isSafeInteger(value) || days < FIRST_DAY || days > LAST_DAY) {
    output.writeAscii(formatTimestamp(readInt64(column, index), zone));
    return;
  }
  const microseconds = value - days * MICROSECONDS_PER_DAY;
  const seconds = Math.floor(microseconds / 1_000_000);
  writeDate(days, output);
  output.writeByte(LETTER_T);
  output.writeDigits(seconds / 3600, 2);
  output.writeByte(COLON);
  output.writeDigits((seconds / 60) % 60, 2);
  output.writeByte(COLON);
  output.writeDigits(seconds % 60, 2);
  const fraction = microseconds - seconds * 1_000_000;
  if (fraction !== 0) {
    output.writeByte(POINT);
    if (fraction % 1000 === 0) output.writeDigits(fraction / 1000, 3);
    else output.writeDigits(fraction, 6);
  }
  if (zone) output.writeByte(LETTER_Z);
}

function bytesWriter({ field, bytes, offsets }: BytesColumn, output: ByteOutput): WriteValue {
  if (field.type.kind !== 'binary') {
    return (index) => output.writeBytes(bytes, offsets[index] ?? 0, offsets[index + 1] ?? 0);
  }
  return (index) => output.writeAscii(bytes.toString('base64', offsets[index] ?? 0, offsets[index + 1] ?? 0));
}
