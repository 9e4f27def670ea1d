import { z } from 'zod';
import { type Column, sliceColumn } from '../../columns/column.ts';
import type { Columns } from '../../columns/columns.ts';
import { readValues } from '../../columns/read-values.ts';
import { PipelineError } from '../../errors/pipeline-error.ts';
import type { Position } from '../../pipeline/position.ts';
import type { UnfitValue } from './copy-decoder.ts';

/** How far a read has come. */
export interface SourcePosition {
  /** Records delivered so far, over all runs that went on from each other. */
  readonly rows: number;
  /** The last record's values of the columns that give the order, as text; `undefined` where there is no order. */
  readonly after?: Readonly<Record<string, string>>;
}

const positionSchema = z.object({
  rows: z.int().min(0),
  after: z.record(z.string(), z.string()).optional(),
});

/** @throws PipelineError `CONFIGURATION` when the position does not come from a read in this order */
export function parsePosition(position: Position, order: readonly string[]): SourcePosition {
  const parsed = positionSchema.safeParse(position);
  const names = Object.keys(parsed.data?.after ?? {});
  if (parsed.success && names.length === order.length && order.every((name) => names.includes(name))) {
    const { rows, after } = parsed.data;
    return after === undefined ? { rows } : { rows, after };
  }
  throw new PipelineError(
    'CONFIGURATION',
    `The last run stopped at ${JSON.stringify(position)}, which is no position in the order of ${order.join(', ')}.`,
    { hint: 'Set mode, cursor and key as they were, or start over with an empty sink.' },
  );
}

/**
 * The position behind the last of the records.
 *
 * @param rows records delivered so far
 * @param unfit values that the columns could not hold
 */
export function positionAfter(
  columns: Columns,
  order: readonly string[],
  rows: number,
  unfit: readonly UnfitValue[] = [],
): Position {
  if (order.length === 0) return { rows };
  const last = columns.length - 1;
  const after: Record<string, string> = {};
  for (const name of order) {
    const value = unfit.find(({ row, column }) => row === last && column === name);
    after[name] = value === undefined ? asText(sliceColumn(columns.column(name), last, last + 1)) : withEra(value.text);
  }
  return { rows, after };
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
