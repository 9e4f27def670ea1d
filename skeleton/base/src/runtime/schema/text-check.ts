import { isAscii, isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { type BytesColumn, isNull } from '../columns/column.ts';
import { type ColumnCheck, checksOf } from './column-check.ts';
import type { LogicalType } from './table-schema.ts';
import { timeCheck } from './time-check.ts';

export function textCheck(type: z.core.$ZodType): ColumnCheck | undefined {
  if (type instanceof z.ZodEnum || type instanceof z.ZodLiteral) return choiceCheck(type);
  const { def } = type._zod;
  if (def.type !== 'string' || ('coerce' in def && def.coerce)) return undefined;
  const checks = checksOf(type);
  if (checks.length === 0) return (column) => (isText(column.field.type) ? column : undefined);
  return timeCheck(checks) ?? lengthCheck(checks);
}

/** Types whose values are strings in rows. */
function isText({ kind }: LogicalType): boolean {
  return ['string', 'uuid', 'decimal', 'date', 'time', 'timestamp'].includes(kind);
}

/** Lengths count code points, of which each takes one to four bytes. */
function lengthCheck(checks: ReturnType<typeof checksOf>): ColumnCheck | undefined {
  let least = 0;
  let most = Number.POSITIVE_INFINITY;
  for (const check of checks) {
    if (check.check === 'min_length') least = Math.max(least, check.minimum);
    else if (check.check === 'max_length') most = Math.min(most, check.maximum);
    else if (check.check === 'length_equals')
      [least, most] = [Math.max(least, check.length), Math.min(most, check.length)];
    else return undefined;
  }
  return (column, length, doubts) => {
    if (column.storage !== 'bytes' || column.field.type.kind !== 'string') return undefined;
    const { offsets, bytes } = column;
    const all = bytes.subarray(offsets[0] ?? 0, offsets[length] ?? 0);
    const count = isAscii(all) ? countBytes : isUtf8(all) ? countCodePoints : () => Number.NaN;
    for (let index = 0; index < length; index++) {
      const points = count(column, index);
      if (!(points >= least && points <= most) && !isNull(column, index)) doubts[index] = 1;
    }
    return column;
  };
}

function countBytes({ offsets }: BytesColumn, index: number): number {
  return (offsets[index + 1] ?? 0) - (offsets[index] ?? 0);
}

/** All bytes of UTF-8 but those that continue a code point. */
function countCodePoints({ offsets, bytes }: BytesColumn, index: number): number {
  const end = offsets[index + 1] ?? 0;
  let count = 0;
  for (let position = offsets[index] ?? 0; position < end; position++) {
    if (((bytes[position] ?? 0) & 0xc0) !== 0x80) count++;
  }
  return count;
}

/** One of several texts, compared byte by byte. */
function choiceCheck(type: z.ZodEnum | z.ZodLiteral): ColumnCheck | undefined {
  if (type.def.checks?.length) return undefined;
  const choices = [...(type._zod.values ?? [])];
  const texts = choices.filter((choice) => typeof choice === 'string');
  if (texts.length < choices.length || texts.some((text) => !text.isWellFormed())) return undefined;
  const byLength = Map.groupBy(
    texts.map((text) => Buffer.from(text)),
    (text) => text.length,
  );
  return (column, length, doubts) => {
    if (column.storage !== 'bytes' || column.field.type.kind !== 'string') return undefined;
    const { offsets, bytes } = column;
    for (let index = 0; index < length; index++) {
      const start = offsets[index] ?? 0;
      const options = byLength.get((offsets[index + 1] ?? 0) - start) ?? [];
      if (!isOneOf(bytes, start, options) && !isNull(column, index)) doubts[index] = 1;
    }
    return column;
  };
}

function isOneOf(bytes: Buffer, start: number, options: readonly Buffer[]): boolean {
  for (const option of options) {
    let position = 0;
    while (position < option.length && bytes[start + position] === option[position]) position++;
    if (position === option.length) return true;
  }
  return false;
}
