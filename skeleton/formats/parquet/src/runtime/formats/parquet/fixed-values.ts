import type { BytesColumn } from '../../columns/column.ts';
import type { Columns } from '../../columns/columns.ts';
import { parseScaled } from '../../columns/decimals.ts';
import { readText } from '../../columns/read-values.ts';
import type { ConversionFailure } from '../../columns/rows.ts';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { describeType, type TableSchema } from '../../schema/table-schema.ts';
import type { Bounds } from './bounds.ts';
import { toSchemaElement } from './schema-elements.ts';

/** Bytes of a UUID, and of a decimal of up to 38 digits. */
export const FIXED_WIDTH = 16;

/**
 * Writes UUIDs and decimals of 19 to 38 digits, which lie in memory as text, as 16 bytes each.
 *
 * @returns the smallest and the largest
 */
export function writeFixed(column: BytesColumn, count: number, target: Buffer, position: number): Bounds | undefined {
  const values = target.subarray(position, position + count * FIXED_WIDTH);
  return column.field.type.kind === 'uuid' ? writeUuids(column, count, values) : writeDecimals(column, count, values);
}

function writeUuids({ offsets, bytes }: BytesColumn, count: number, target: Buffer): Bounds | undefined {
  target.fill(0);
  for (let index = 0; index < count; index++) {
    const end = offsets[index + 1] ?? 0;
    let digit = index * FIXED_WIDTH * 2;
    for (let from = offsets[index] ?? 0; from < end; from++) {
      const code = bytes[from] ?? 0;
      if (code === 45) continue;
      const value = code <= 57 ? code - 48 : (code | 32) - 87;
      target[digit >> 1] = (target[digit >> 1] ?? 0) | (digit % 2 === 0 ? value << 4 : value);
      digit++;
    }
  }
  if (count === 0) return undefined;
  let [min, max] = [0, 0];
  for (let start = FIXED_WIDTH; start < target.length; start += FIXED_WIDTH) {
    if (target.compare(target, min, min + FIXED_WIDTH, start, start + FIXED_WIDTH) < 0) min = start;
    if (target.compare(target, max, max + FIXED_WIDTH, start, start + FIXED_WIDTH) > 0) max = start;
  }
  return {
    min: Buffer.from(target.subarray(min, min + FIXED_WIDTH)),
    max: Buffer.from(target.subarray(max, max + FIXED_WIDTH)),
  };
}

function writeDecimals(column: BytesColumn, count: number, target: Buffer): Bounds | undefined {
  let bounds: { min: bigint; max: bigint } | undefined;
  for (let index = 0; index < count; index++) {
    const value = parseDecimal(column, index);
    if (value === undefined) {
      throw new PipelineError('REJECTED', unfit(column, index), {
        where: { column: column.field.name },
        hint: 'Leave out what findUnwritable names before writing.',
      });
    }
    target.writeBigInt64BE(value >> 64n, index * FIXED_WIDTH);
    target.writeBigUInt64BE(BigInt.asUintN(64, value), index * FIXED_WIDTH + 8);
    if (bounds === undefined) bounds = { min: value, max: value };
    else if (value < bounds.min) bounds.min = value;
    else if (value > bounds.max) bounds.max = value;
  }
  return bounds;
}

function parseDecimal(column: BytesColumn, index: number): bigint | undefined {
  const { type } = column.field;
  if (type.kind !== 'decimal') throw new TypeError(`Column ${column.field.name} is no decimal.`);
  return parseScaled(readText(column, index), type.precision ?? 0, type.scale ?? 0);
}

function unfit(column: BytesColumn, index: number): string {
  return `${readText(column, index).slice(0, 60)} is not ${describeType(column.field.type)}`;
}

/**
 * The records that a Parquet file of `schema` cannot hold: decimals of 19 to 38 digits that are `NaN` or too long,
 * which PostgreSQL and text files can deliver. A loader rejects them before it writes the others.
 */
export function findUnwritable(columns: Columns, schema: TableSchema): ConversionFailure[] {
  const failures = new Map<number, ConversionFailure>();
  schema.fields.forEach((field, position) => {
    const column = columns.columns[position];
    if (column?.storage !== 'bytes' || toSchemaElement(field).converted_type !== 'DECIMAL') return;
    const decimals = { ...column, field };
    for (let index = 0; index < columns.length; index++) {
      if (column.valid?.[index] === 0 || failures.has(index) || parseDecimal(decimals, index) !== undefined) continue;
      failures.set(index, { index, column: field.name, message: unfit(decimals, index) });
    }
  });
  return [...failures.values()].sort((left, right) => left.index - right.index);
}
