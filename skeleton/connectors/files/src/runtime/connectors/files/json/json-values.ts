import type { Column } from '../../../columns/column.ts';
import { ValueError, writeValue } from '../../../columns/write-values.ts';
import type { LogicalType } from '../../../schema/table-schema.ts';
import { textToValue } from '../text-values.ts';

/**
 * Writes a value that JSON holds as value `index` of a column: bytes are base64, decimals are what is written.
 *
 * @param source how a number is written, where that is more exact than the number
 * @throws ValueError when the value does not fit
 */
export function writeJsonValue(column: Column, index: number, value: unknown, source?: string): void {
  writeValue(column, index, convert(column.field.type, value, source));
}

function convert(type: LogicalType, value: unknown, source: string | undefined): unknown {
  if (typeof value === 'string') return type.kind === 'binary' ? textToValue(type, value) : value;
  if (source !== undefined && type.kind === 'decimal') return source;
  const isFloat = type.kind === 'float32' || type.kind === 'float64';
  if (!isFloat || typeof value !== 'bigint' || Number.isFinite(Number(value))) return value;
  throw new ValueError(`${String(value).slice(0, 60)}… is beyond what a float64 holds`);
}
