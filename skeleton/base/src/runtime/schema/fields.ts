import { z } from 'zod';
import { normalizeDecimal, parseScaled, parseShortScaled } from '../columns/decimals.ts';
import { parseTimestamp } from '../columns/timestamps.ts';
import { withColumnCheck } from './column-check.ts';
import { checkDecimals, checkInstants, checkIntegers } from './field-kinds.ts';
import { describeType } from './table-schema.ts';

/**
 * Field types for contracts that take a value as any source delivers it: as itself, or as text from a CSV file.
 * Unlike zod's own coercion they do not turn a missing value into 0 or `false`.
 */

/** A whole number up to 2^53. */
export function integer(): z.ZodType<number, number | string> {
  const type = z
    .union(
      [
        z.int(),
        z
          .string()
          .regex(/^[+-]?\d+$/)
          .transform(Number),
      ],
      { error: 'is not a whole number' },
    )
    .pipe(z.int({ error: 'is not a whole number up to 2^53' }))
    .meta({ column: 'int64' });
  return withColumnCheck(type, checkIntegers);
}

/**
 * A number that is kept exactly, as text: `'19.90'`.
 *
 * @param precision digits in all
 * @param scale digits behind the point
 */
export function decimal(precision: number, scale: number): z.ZodType<string, string | number> {
  const description = describeType({ kind: 'decimal', precision, scale });
  const type = z
    .union([z.string(), z.number().transform(String)], { error: `is not ${description}` })
    .refine((text) => isDecimal(text, precision, scale), { error: `is not ${description}` })
    .transform((text) => normalizeDecimal(text) ?? text)
    .meta({ column: description });
  return withColumnCheck(type, (column, length, doubts) => checkDecimals(column, length, precision, scale, doubts));
}

function isDecimal(text: string, precision: number, scale: number): boolean {
  return !Number.isNaN(parseShortScaled(text, precision, scale)) || parseScaled(text, precision, scale) !== undefined;
}

/** An instant, as ISO 8601 text with all its digits; a time without an offset is taken as UTC. */
export function instant(): z.ZodType<string, string | Date> {
  const type = z
    .union([z.string(), z.date().transform((date) => date.toISOString())], { error: 'is not a timestamp' })
    .refine((text) => parseTimestamp(text) !== undefined, { error: 'is not a timestamp' })
    .meta({ column: 'timestamp with zone' });
  return withColumnCheck(type, checkInstants);
}
