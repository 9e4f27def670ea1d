import type { Column } from '../../columns/column.ts';
import { normalizeDecimal } from '../../columns/decimals.ts';
import { readText } from '../../columns/read-values.ts';
import { ValueError } from '../../columns/write-values.ts';
import { isAnySize } from './types.ts';

/**
 * Makes sure that a column of decimals of any size, which were text in DuckDB, still holds decimals.
 *
 * @throws ValueError for the first value that is none
 */
export function requireDecimals(column: Column, length: number): void {
  if (column.storage !== 'bytes' || !isAnySize(column.field.type)) return;
  for (let index = 0; index < length; index++) {
    if (column.valid?.[index] === 0) continue;
    const text = readText(column, index);
    if (normalizeDecimal(text) === text) continue;
    const shown = JSON.stringify(text.slice(0, 60));
    throw new ValueError(`${column.field.name}: ${shown} is not decimal; give the new column another name`);
  }
}
