import { z } from 'zod';
import { type BytesColumn, type Column, isNull } from '../columns/column.ts';
import { parseTimestampBytes } from '../columns/parse-bytes.ts';
import { readSafeInt64 } from '../columns/read-values.ts';
import { daysFromCivil } from '../columns/timestamps.ts';
import type { ColumnCheck, checksOf } from './column-check.ts';
import { datesFromTexts } from './from-texts.ts';

const MICROSECONDS_PER_DAY = 86_400_000_000;

/** Years of four digits: the first and the last day, and the one after it. */
const FIRST_DAY = daysFromCivil(1, 1, 1);
const BEHIND_DAYS = daysFromCivil(10_000, 1, 1);

/**
 * ISO dates and times in columns that hold dates and times, whose text is in that form but for the ends of time, and in
 * columns of texts.
 */
export function timeCheck(checks: ReturnType<typeof checksOf>): ColumnCheck | undefined {
  const [check, ...others] = checks;
  if (check?.check !== 'string_format' || others.length > 0) return undefined;
  if (!('pattern' in check) || check.pattern === undefined) return undefined;
  const pattern = String(check.pattern);
  if (check.format === 'date' && pattern === String(z.core.regexes.date)) return dates;
  if (check.format === 'time' && pattern === String(z.core.regexes.time({}))) return times;
  if (check.format !== 'datetime') return undefined;
  if (pattern === String(z.core.regexes.datetime({}))) return timestamps(false);
  return pattern === String(z.core.regexes.datetime({ local: true })) ? timestamps(true) : undefined;
}

const dates: ColumnCheck = (column, length, doubts) => {
  if (column.storage === 'bytes' && column.field.type.kind === 'string') return datesFromTexts(column, length, doubts);
  if (column.storage !== 'int32' || column.field.type.kind !== 'date') return undefined;
  for (let index = 0; index < length; index++) {
    const days = column.values[index] ?? 0;
    if ((days < FIRST_DAY || days >= BEHIND_DAYS) && !isNull(column, index)) doubts[index] = 1;
  }
  return column;
};

const times: ColumnCheck = (column, length, doubts) =>
  column.field.type.kind === 'time' ? within(column, length, 0, MICROSECONDS_PER_DAY, doubts) : undefined;

/** @param local whether a timestamp needs no zone */
function timestamps(local: boolean): ColumnCheck {
  return (column, length, doubts) => {
    if (column.storage === 'bytes') return texts(column, length, doubts, local ? isLocalDateTime : isDateTime);
    const { type } = column.field;
    if (type.kind !== 'timestamp' || !(type.zone || local)) return undefined;
    return within(column, length, FIRST_DAY * MICROSECONDS_PER_DAY, BEHIND_DAYS * MICROSECONDS_PER_DAY, doubts);
  };
}

/** Whether the bytes from `start` up to `end` are surely in the form that is asked for. */
type IsInForm = (bytes: Uint8Array, start: number, end: number) => boolean;

const LETTER_T = 0x54;
const LETTER_Z = 0x5a;

const isLocalDateTime: IsInForm = (bytes, start, end) =>
  bytes[start + 10] === LETTER_T && !Number.isNaN(parseTimestampBytes(bytes, start, end));

const isDateTime: IsInForm = (bytes, start, end) => bytes[end - 1] === LETTER_Z && isLocalDateTime(bytes, start, end);

function texts(column: BytesColumn, length: number, doubts: Uint8Array, isInForm: IsInForm): Column | undefined {
  if (column.field.type.kind !== 'string') return undefined;
  const { bytes, offsets } = column;
  for (let index = 0; index < length; index++) {
    const fits = isInForm(bytes, offsets[index] ?? 0, offsets[index + 1] ?? 0);
    if (!fits && !isNull(column, index)) doubts[index] = 1;
  }
  return column;
}

function within(column: Column, length: number, from: number, before: number, doubts: Uint8Array): Column | undefined {
  if (column.storage !== 'int64') return undefined;
  for (let index = 0; index < length; index++) {
    const microseconds = readSafeInt64(column, index);
    if (!(microseconds >= from && microseconds < before) && !isNull(column, index)) doubts[index] = 1;
  }
  return column;
}
