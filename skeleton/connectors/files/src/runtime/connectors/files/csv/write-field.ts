import type { Column } from '../../../columns/column.ts';
import { ValueError, writeValue } from '../../../columns/write-values.ts';
import { clearValue } from '../clear-value.ts';
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

/** Writes the text of a field that is there. @returns whether it fits */
export function writeText(column: Column, index: number, bytes: Buffer, start: number, end: number): boolean {
  try {
    writeValue(column, index, textToValue(column.field.type, bytes.toString('utf8', start, end)));
    return true;
  } catch (error) {
    if (error instanceof ValueError) return false;
    throw error;
  }
}
