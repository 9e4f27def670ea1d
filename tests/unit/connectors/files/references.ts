import { isUtf8 } from 'node:buffer';
import { columnsFromRows, rowsFromColumns } from '../../../../skeleton/base/src/runtime/columns/rows.ts';
import type { Row } from '../../../../skeleton/base/src/runtime/pipeline/batch.ts';
import type { Field, TableSchema } from '../../../../skeleton/base/src/runtime/schema/table-schema.ts';

/** What a reader has to find in a file. */
export interface Expected {
  readonly rows: readonly Row[];
  readonly rowNumbers: readonly (number | undefined)[];
  readonly rejected: readonly { readonly rowNumber: number; readonly offset: number }[];
}

/** A record of a file: its values, or `undefined` when it is broken. */
interface Found {
  readonly offset: number;
  readonly row: Row | undefined;
}

function expectedOf(found: readonly Found[], schema: TableSchema): Expected {
  const rows: Row[] = [];
  const rowNumbers: number[] = [];
  const rejected: Expected['rejected'][number][] = [];
  found.forEach(({ offset, row }, index) => {
    const { columns, failures } = columnsFromRows(schema, row === undefined ? [] : [row]);
    if (row === undefined || failures.length > 0) {
      rejected.push({ rowNumber: index + 1, offset });
    } else {
      rows.push(...rowsFromColumns<Row>(columns));
      rowNumbers.push(index + 1);
    }
  });
  return { rows, rowNumbers, rejected };
}

/** A number of JSON as it is written. */
class Digits {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Line by line through `JSON.parse`. */
export function ndjsonReference(bytes: Buffer, schema: TableSchema): Expected {
  const found: Found[] = [];
  let offset = bytes.subarray(0, 3).equals(Buffer.from('\ufeff')) ? 3 : 0;
  while (offset < bytes.length) {
    const lineEnd = bytes.indexOf('\n', offset);
    const end = lineEnd < 0 ? bytes.length : lineEnd;
    const line = bytes.subarray(offset, end);
    if (line.toString().trim() !== '')
      found.push({ offset, row: isUtf8(line) ? parseLine(line.toString(), schema) : undefined });
    offset = end + 1;
  }
  return expectedOf(found, schema);
}

function parseLine(line: string, { fields }: TableSchema): Row | undefined {
  try {
    const value: unknown = JSON.parse(line, (_, part: unknown, { source }) =>
      typeof part === 'number' ? new Digits(source ?? '') : part,
    );
    if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Digits)
      return undefined;
    if (!JSON.stringify(JSON.parse(line)).isWellFormed() || /\\ud[89a-f]/.test(JSON.stringify(JSON.parse(line))))
      return undefined;
    const columns = new Map(fields.map((field) => [field.name, field]));
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, convert(part, columns.get(name))]));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** @throws RangeError when JavaScript cannot hold the value, or no column is for it */
function convert(value: unknown, field: Field | undefined): unknown {
  if (field === undefined) throw new RangeError('no such column');
  if (!(value instanceof Digits)) return plain(value);
  const { text } = value;
  if (/^-?\d+$/.test(text) && !Number.isSafeInteger(Number(text))) return BigInt(text);
  if (!Number.isFinite(Number(text))) throw new RangeError('too large');
  return field.type.kind === 'decimal' ? text : Number(text);
}

function plain(value: unknown): unknown {
  if (value instanceof Digits) {
    const number = Number(value.text);
    if (!Number.isFinite(number) || (/^-?\d+$/.test(value.text) && !Number.isSafeInteger(number)))
      throw new RangeError('rounded');
    return number;
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
}

interface Dialect {
  readonly delimiter: string;
  readonly quote: string;
  readonly escape?: string;
  readonly comment?: string;
  readonly nullText?: readonly string[];
}

/** Character by character; a character of the text is a byte. */
export function csvReference(bytes: Buffer, names: readonly string[], dialect: Dialect): Expected {
  const text = bytes.toString('latin1');
  const found: Found[] = [];
  let position = text.indexOf('\n') + 1;
  while (position < text.length) {
    const offset = position;
    const lineEnd = text.indexOf('\n', offset);
    const nextLine = lineEnd < 0 ? text.length : lineEnd + 1;
    const record = dialect.comment === text[offset] ? undefined : takeRecord(text, offset, dialect);
    position = record?.end ?? nextLine;
    if (dialect.comment === text[offset] || record?.blank === true) continue;
    const good =
      record !== undefined && record.fields.length === names.length && isUtf8(bytes.subarray(offset, position));
    const values = record?.fields.map((field) => field && Buffer.from(field, 'latin1').toString());
    found.push({
      offset,
      row: good ? Object.fromEntries(names.map((name, index) => [name, values?.[index]])) : undefined,
    });
  }
  return expectedOf(found, { fields: names.map((name) => ({ name, type: { kind: 'string' }, nullable: true })) });
}

interface CsvRecord {
  readonly fields: readonly (string | undefined)[];
  readonly blank: boolean;
  readonly end: number;
}

/** `undefined` when its quotes do not add up. */
function takeRecord(text: string, start: number, dialect: Dialect): CsvRecord | undefined {
  const { delimiter, quote, nullText = [''] } = dialect;
  const fields: (string | undefined)[] = [];
  for (let position = start; ; position++) {
    const quoted = text[position] === quote ? takeQuoted(text, position, dialect) : undefined;
    if (text[position] === quote && quoted === undefined) return undefined;
    let end = quoted?.end ?? position;
    if (quoted === undefined) {
      while (end < text.length && text[end] !== delimiter && text[end] !== '\n') end++;
      if (text[end] !== delimiter && end > position && text[end - 1] === '\r') end--;
      const plain = text.slice(position, end);
      fields.push(nullText.includes(plain) ? undefined : plain);
    } else {
      fields.push(quoted.text);
    }
    const rest = text.slice(end, end + 2);
    const lineEnd = /^(?:\r?\n|\r?$)/.exec(rest)?.[0];
    if (lineEnd !== undefined && (lineEnd !== '\r' || end + 1 === text.length)) {
      const blank = fields.length === 1 && quoted === undefined && end === start;
      return { fields, blank, end: end + lineEnd.length };
    }
    if (text[end] !== delimiter) return undefined;
    position = end;
  }
}

function takeQuoted(text: string, start: number, { quote, escape: escaping = quote }: Dialect) {
  let inside = '';
  for (let position = start + 1; position < text.length; position++) {
    const character = text.charAt(position);
    const escapes = character === escaping && (escaping !== quote || text[position + 1] === quote);
    if (!escapes && character === quote) return { text: inside, end: position + 1 };
    if (escapes) position++;
    inside += text.charAt(position);
  }
  return undefined;
}
