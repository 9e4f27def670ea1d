import type { Column } from '../../../columns/column.ts';
import type { Columns } from '../../../columns/columns.ts';
import type { TableSchema } from '../../../schema/table-schema.ts';
import type { ByteOutput } from '../byte-output.ts';
import { textWriter, type WriteValue } from '../write-text.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const TAB = 9;
const SPACE = 0x20;
/** What a name must be put in quotes for; so must the empty one. */
const NEEDS_QUOTES = /^$|[",\r\n]|^\s|\s$/;

export function formatCsvHeader({ fields }: TableSchema): string {
  const names = fields.map(({ name }) => (NEEDS_QUOTES.test(name) ? `"${name.replaceAll('"', '""')}"` : name));
  return `${names.join(',')}\n`;
}

/** Writes records as CSV (RFC 4180, with line feeds). NULL is an empty field, an empty text is `""`. */
export function csvWriter({ columns }: Columns, output: ByteOutput): WriteValue {
  const fields = columns.map((column) => ({ valid: column.valid, write: fieldWriter(column, output) }));
  return (index) => {
    let first = true;
    for (const { valid, write } of fields) {
      if (!first) output.writeByte(COMMA);
      first = false;
      if (valid === undefined || valid[index] === 1) write(index);
    }
    output.writeByte(LINE_FEED);
  };
}

function fieldWriter(column: Column, output: ByteOutput): WriteValue {
  const write = textWriter(column, output);
  if (column.storage !== 'bytes') return write;
  const { kind } = column.field.type;
  const { bytes, offsets } = column;
  const isText = kind === 'string' || kind === 'json';
  return (index) => {
    const start = offsets[index] ?? 0;
    const end = offsets[index + 1] ?? start;
    if (start === end || (isText && needsQuotes(bytes, start, end)))
      writeQuoted(bytes, start, end, output, kind === 'json');
    else write(index);
  };
}

function needsQuotes(bytes: Buffer, start: number, end: number): boolean {
  if (isSpace(bytes[start]) || isSpace(bytes[end - 1])) return true;
  for (let position = start; position < end; position++) {
    const byte = bytes[position];
    if (byte === QUOTE || byte === COMMA || byte === LINE_FEED || byte === CARRIAGE_RETURN) return true;
  }
  return false;
}

function isSpace(byte = 0): boolean {
  return byte === SPACE || (byte >= TAB && byte <= CARRIAGE_RETURN);
}

/** @param oneLine write a space for each line end: it means the same */
function writeQuoted(bytes: Buffer, start: number, end: number, output: ByteOutput, oneLine: boolean): void {
  const memory = output.reserve(2 * (end - start) + 2);
  let to = output.length;
  memory[to++] = QUOTE;
  for (let position = start; position < end; position++) {
    const byte = bytes[position] ?? 0;
    if (byte === QUOTE) memory[to++] = QUOTE;
    memory[to++] = oneLine && (byte === LINE_FEED || byte === CARRIAGE_RETURN) ? SPACE : byte;
  }
  memory[to++] = QUOTE;
  output.length = to;
}
