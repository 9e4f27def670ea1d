import { z } from 'zod';
import { formatScaled, parseScaled, parseShortScaled } from '../columns/decimals.ts';
import { parseTimestamp } from '../columns/timestamps.ts';
import { withColumnCheck } from './column-check.ts';
import { checkDecimals } from './decimal-check.ts';
import { checkInstants, checkIntegers } from './field-kinds.ts';
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
 * A number that is kept exactly, as text with all its places: `'19.90'`, whether it comes as 19.9 or as `'019.900'`.
 *
 * @param precision digits in all
 * @param scale digits behind the point
 */
export function decimal(precision: number, scale: number): z.ZodType<string, string | number> {
  const description = describeType({ kind: 'decimal', precision, scale });
  const type = z
    .union([z.string(), z.number().transform(String)], { error: `is not ${description}` })
    .refine((text) => withPlaces(text, precision, scale) !== undefined, { error: `is not ${description}` })
    .transform((text) => withPlaces(text, precision, scale) ?? text)
    .meta({ column: description });
  return withColumnCheck(type, (column, length, doubts) => checkDecimals(column, length, precision, scale, doubts));
}

/** A decimal with all its places; `undefined` when it is none, or does not fit. */
function withPlaces(text: string, precision: number, scale: number): string | undefined {
  const short = parseShortScaled(text, precision, scale);
  const scaled = Number.isNaN(short) ? parseScaled(text, precision, scale) : short;
  return scaled === undefined ? undefined : formatScaled(scaled, scale);
}

/** An instant, as ISO 8601 text with all its digits; a time without an offset is taken as UTC. */
export function instant(): z.ZodType<string, string | Date> {
  const type = z
    .union([z.string(), z.date().transform((date) => date.toISOString())], { error: 'is not a timestamp' })
    .refine((text) => parseTimestamp(text) !== undefined, { error: 'is not a timestamp' })
    .meta({ column: 'timestamp with zone' });
  return withColumnCheck(type, checkInstants);
}
