import type { Column } from '../../../columns/column.ts';
import { ValueError, writeValue } from '../../../columns/write-values.ts';
import { textToValue } from '../text-values.ts';

/**
 * Writes the text of a field as value `index` of a column, in whatever form it is.
 *
 * @param text `undefined` for NULL
 * @returns what is wrong with it; then the column holds an empty value
 */
export function writeField(column: Column, index: number, text: string | undefined): string | undefined {
  const empty = text === undefined || (text === '' && column.field.type.kind !== 'string');
  if (empty) {
    clearValue(column, index);
    return column.valid === undefined ? 'is missing and may not be null' : undefined;
  }
  try {
    writeValue(column, index, textToValue(column.field.type, text));
    return undefined;
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    clearValue(column, index);
    return error.message;
  }
}

/** What lies under a NULL is zero; the scanner may have left something there. */
function clearValue(column: Column, index: number): void {
  writeValue(column, index, undefined, true);
  if (column.storage === 'int64') column.values.fill(0, 2 * index, 2 * index + 2);
  else if (column.storage !== 'bytes') column.values[index] = 0;
}
