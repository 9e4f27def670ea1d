import type { BytesColumn, Column } from '../../columns/column.ts';
import { normalizeDecimal } from '../../columns/decimals.ts';
import { readText } from '../../columns/read-values.ts';
import { ValueError } from '../../columns/write-values.ts';
import { describeType, type LogicalType } from '../../schema/table-schema.ts';
import { isText } from './arrow-types.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Makes sure that a column which was json, uuid or a decimal of any size before polars had it as text still is.
 *
 * @throws ValueError for the first value that is not
 */
export function requireValidText(column: Column, length: number): void {
  const check = checkFor(column.field.type);
  if (check === undefined || column.storage !== 'bytes') return;
  for (let index = 0; index < length; index++) {
    if (column.valid?.[index] !== 0 && !check(readText(column, index))) throw invalid(column, index);
  }
}

function checkFor(type: LogicalType): ((text: string) => boolean) | undefined {
  if (type.kind === 'uuid') return (text) => UUID.test(text);
  if (type.kind === 'json') return isJson;
  if (type.kind === 'decimal' && isText(type)) return (text) => normalizeDecimal(text) === text;
  return undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function invalid(column: BytesColumn, index: number): ValueError {
  const { name, type } = column.field;
  const text = JSON.stringify(readText(column, index).slice(0, 60));
  return new ValueError(`${name}: ${text} is not ${describeType(type)}; give the new column another name`);
}
