import type { Column } from '../../columns/column.ts';
import { writeValue } from '../../columns/write-values.ts';

/** Makes value `index` NULL. What lies under a NULL is zero; a scanner may have left something there. */
export function clearValue(column: Column, index: number): void {
  writeValue(column, index, undefined, true);
  if (column.storage === 'int64') column.values.fill(0, 2 * index, 2 * index + 2);
  else if (column.storage !== 'bytes') column.values[index] = 0;
}
