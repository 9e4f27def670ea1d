import { z } from 'zod';
import { type Column, sliceColumn } from '../../columns/column.ts';
import type { Columns } from '../../columns/columns.ts';
import { readValues } from '../../columns/read-values.ts';
import { PipelineError } from '../../errors/pipeline-error.ts';
import type { Position } from '../../pipeline/position.ts';
import type { UnfitValue } from './copy-decoder.ts';

const placeSchema = z.record(z.string(), z.string()).readonly();
const transactionSchema = z
  .string()
  .regex(/^\d{1,20}$/)
  .transform(BigInt);

const windowSchema = z.object({
  /** What this transaction and younger ones have written is left to the next window; where transactions are known. */
  until: transactionSchema.exactOptional(),
  /** `since` of the next window. */
  since: z.string().exactOptional(),
  /** The last record that was delivered; without the cursor it is one that has none. */
  passed: placeSchema,
});

const positionSchema = z.object({
  /** Records delivered so far, over all runs that went on from each other. */
  rows: z.int().min(0),
  /** The largest values of the columns that give the order, as text; missing where there is no order. */
  after: placeSchema.exactOptional(),
  /** What transactions before this one have written was delivered; where transactions are known. */
  seen: transactionSchema.exactOptional(),
  /** The object identifier of the table whose transactions these are. */
  table: z.string().exactOptional(),
  /** The file that held its records; it is another one when all of them were written anew. */
  file: z.string().exactOptional(),
  /** Records that are late have a larger cursor than this one; missing where they are looked for everywhere. */
  since: z.string().exactOptional(),
  /** What is being read. */
  reading: windowSchema.exactOptional(),
});

/** Values of the columns that give the order, as text. */
export type Place = z.output<typeof placeSchema>;

/** What an incremental run reads, and how far it has come in it. */
export type ReadingWindow = z.output<typeof windowSchema>;

/** How far a read has come. */
export type SourcePosition = z.output<typeof positionSchema>;

/** @throws PipelineError `CONFIGURATION` when the position does not come from a read in this order */
export function parsePosition(position: Position, order: readonly string[]): SourcePosition {
  const parsed = positionSchema.safeParse(position);
  if (parsed.success) {
    const { after, reading, seen } = parsed.data;
    const places = [after, reading?.passed].filter((place) => place !== undefined);
    const known = places.length > 0 || seen !== undefined;
    if (known && places.every((place) => isPlace(place, order, place !== after))) return parsed.data;
  }
  throw new PipelineError(
    'CONFIGURATION',
    `The last run stopped at ${JSON.stringify(position)}, which is no position in the order of ${order.join(', ')}.`,
    { hint: 'Set mode, cursor and key as they were, or run once with --full-refresh.' },
  );
}

/** Whether it has all columns of the order; the first one may be missing where the cursor may be NULL. */
function isPlace(place: Place, order: readonly string[], mayLackCursor: boolean): boolean {
  const names = Object.keys(place);
  const wanted = mayLackCursor && names.length === order.length - 1 ? order.slice(1) : order;
  return names.length === wanted.length && wanted.every((name) => names.includes(name));
}

export function writePosition({ seen, reading, ...position }: SourcePosition): Position {
  const { until, ...window } = reading ?? {};
  return {
    ...position,
    ...(seen !== undefined && { seen: String(seen) }),
    ...(reading !== undefined && {
      reading: { ...window, passed: reading.passed, ...(until !== undefined && { until: String(until) }) },
    }),
  };
}

/**
 * Where the last of the records is in the order.
 *
 * @param unfit values that the columns could not hold
 */
export function lastPlace(columns: Columns, order: readonly string[], unfit: readonly UnfitValue[] = []): Place {
  const last = columns.length - 1;
  const place: Record<string, string> = {};
  for (const name of order) {
    const value = unfit.find(({ row, column }) => row === last && column === name);
    place[name] = value === undefined ? asText(sliceColumn(columns.column(name), last, last + 1)) : withEra(value.text);
  }
  return place;
}

/** The one value of a column as PostgreSQL reads it, exactly. */
function asText(column: Column): string {
  const [value] = readValues(column, 1);
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`;
  const { kind } = column.field.type;
  return kind === 'date' || kind === 'timestamp' ? withEra(String(value)) : String(value);
}

/** Years outside of 0001 to 9999: ISO 8601's `-000043-03-15` is PostgreSQL's `0044-03-15 BC`. */
function withEra(text: string): string {
  const match = /^([+-])(\d{6,7})(-\d{2}-\d{2}(?:T.*)?)$/.exec(text) ?? /^()(0000)(-\d{2}-\d{2}(?:T.*)?)$/.exec(text);
  if (match === null) return text;
  const [, sign, digits, rest] = match;
  const year = sign === '-' ? -Number(digits) : Number(digits);
  return year > 0 ? `${year}${rest}` : `${String(1 - year).padStart(4, '0')}${rest} BC`;
}
