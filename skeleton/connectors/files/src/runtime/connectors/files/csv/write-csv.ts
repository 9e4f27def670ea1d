import type { Column } from '../../../columns/column.ts';
import type { Columns } from '../../../columns/columns.ts';
import type { LogicalType, TableSchema } from '../../../schema/table-schema.ts';
import { columnTexts } from '../column-texts.ts';

/** What a text must be put in quotes for; the empty text too, because an empty field without them is NULL. */
const NEEDS_QUOTES = /^$|[",\r\n]|^\s|\s$/;

/** All other types are written with characters that never need them. */
const MAY_NEED_QUOTES: ReadonlySet<LogicalType['kind']> = new Set(['string', 'json', 'binary']);

export function formatCsvHeader({ fields }: TableSchema): string {
  return `${fields.map(({ name }) => quote(name)).join(',')}\n`;
}

/** The records as CSV (RFC 4180, with line feeds). NULL is an empty field, an empty text is `""`. */
export function formatCsv(columns: Columns): string {
  const values = columns.columns.map((column) => fieldTexts(column, columns.length));
  const lines: string[] = [];
  for (let record = 0; record < columns.length; record++) {
    let line = values[0]?.[record] ?? '';
    for (let index = 1; index < values.length; index++) line += `,${values[index]?.[record] ?? ''}`;
    lines.push(`${line}\n`);
  }
  return lines.join('');
}

function fieldTexts(column: Column, length: number): (string | undefined)[] {
  const texts = columnTexts(column, length);
  if (!MAY_NEED_QUOTES.has(column.field.type.kind)) return texts;
  return texts.map((text) => (text === undefined ? text : quote(text)));
}

function quote(text: string): string {
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
