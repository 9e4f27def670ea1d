import type { Column } from '../../../columns/column.ts';
import type { Columns } from '../../../columns/columns.ts';
import { columnTexts } from '../column-texts.ts';

/** The records as lines of JSON. Decimals are text, so that no reader rounds them; a NULL is `null`. */
export function formatNdjson(columns: Columns): string {
  const names = columns.schema.fields.map(({ name }, index) => `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  const values = columns.columns.map((column) => jsonTexts(column, columns.length));
  const lines: string[] = [];
  for (let record = 0; record < columns.length; record++) {
    let line = '';
    for (let index = 0; index < names.length; index++) line += `${names[index]}${values[index]?.[record] ?? 'null'}`;
    lines.push(`${line}}\n`);
  }
  return lines.join('');
}

/** NaN and infinities are no JSON numbers; as text they come back as what they are. */
const JSON_NUMBER = /^-?\d/;
/** What JSON writes in another way in a string. */
const ESCAPED = /["\\\p{Cc}\p{Cs}]/u;

function jsonTexts(column: Column, length: number): (string | undefined)[] {
  const texts = columnTexts(column, length);
  switch (column.field.type.kind) {
    case 'boolean':
    case 'int16':
    case 'int32':
    case 'int64':
    case 'json':
      return texts;
    case 'float32':
    case 'float64':
      return texts.map((text) => (text === undefined || JSON_NUMBER.test(text) ? text : `"${text}"`));
    case 'string':
      return texts.map((text) => (text === undefined || ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`));
    default:
      return texts.map((text) => (text === undefined ? text : `"${text}"`));
  }
}
