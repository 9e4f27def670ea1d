import type { Column } from '../../columns/column.ts';
import { readText, readValues } from '../../columns/read-values.ts';

/**
 * The values of a column as text files hold them, NULL as `undefined`: numbers with all their digits, dates and times
 * in ISO 8601, bytes in base64, json as it is on one line.
 */
export function columnTexts(column: Column, length: number): (string | undefined)[] {
  const texts = new Array<string | undefined>(length);
  if (column.storage === 'bytes' && column.field.type.kind === 'json') {
    for (let index = 0; index < length; index++) {
      if (column.valid?.[index] !== 0) texts[index] = readText(column, index).replace(/[\r\n]+/g, ' ');
    }
    return texts;
  }
  readValues(column, length).forEach((value, index) => {
    if (value === null) return;
    texts[index] = Buffer.isBuffer(value) ? value.toString('base64') : String(value);
  });
  return texts;
}
