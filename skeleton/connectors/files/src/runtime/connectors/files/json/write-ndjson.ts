import type { BytesColumn, Column } from '../../../columns/column.ts';
import type { Columns } from '../../../columns/columns.ts';
import type { ByteOutput } from '../byte-output.ts';
import { textWriter, type WriteValue } from '../write-text.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const NULL = Buffer.from('null');
const END_OF_RECORD = Buffer.from('}\n');
/** What stands for a byte in a string, where that is not itself. */
const ESCAPES: readonly (Buffer | undefined)[] = Array.from({ length: 128 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  const escaped = JSON.stringify(character).slice(1, -1);
  return escaped === character ? undefined : Buffer.from(escaped);
});
const LONGEST_ESCAPE = 6;

/** Writes records as lines of JSON. Decimals are text, so that no reader rounds them; a NULL is `null`. */
export function ndjsonWriter({ columns }: Columns, output: ByteOutput): WriteValue {
  const members = columns.map((column, index) => ({
    key: Buffer.from(`${index === 0 ? '{' : ','}${JSON.stringify(column.field.name)}:`),
    valid: column.valid,
    write: jsonWriter(column, output),
  }));
  return (index) => {
    for (const { key, valid, write } of members) {
      output.writeBytes(key);
      if (valid === undefined || valid[index] === 1) write(index);
      else output.writeBytes(NULL);
    }
    output.writeBytes(END_OF_RECORD);
  };
}

function jsonWriter(column: Column, output: ByteOutput): WriteValue {
  const write = textWriter(column, output);
  if (column.storage === 'float64') {
    // NaN and infinities are no JSON numbers; as text they come back as what they are.
    const quoted = inQuotes(write, output);
    return (index) => (Number.isFinite(column.values[index]) ? write(index) : quoted(index));
  }
  switch (column.field.type.kind) {
    case 'boolean':
    case 'int16':
    case 'int32':
    case 'int64':
      return write;
    case 'json':
      return column.storage === 'bytes' ? (index) => writeOnOneLine(column, index, output) : write;
    case 'string':
      return column.storage === 'bytes' ? (index) => writeString(column, index, output) : write;
    default:
      return inQuotes(write, output);
  }
}

function inQuotes(write: WriteValue, output: ByteOutput): WriteValue {
  return (index) => {
    output.writeByte(QUOTE);
    write(index);
    output.writeByte(QUOTE);
  };
}

function writeString({ bytes, offsets }: BytesColumn, index: number, output: ByteOutput): void {
  const start = offsets[index] ?? 0;
  const end = offsets[index + 1] ?? start;
  const memory = output.reserve(LONGEST_ESCAPE * (end - start) + 2);
  let to = output.length;
  memory[to++] = QUOTE;
  for (let position = start; position < end; position++) {
    const byte = bytes[position] ?? 0;
    if (byte >= SPACE && byte !== QUOTE && byte !== BACKSLASH) memory[to++] = byte;
    else to += ESCAPES[byte]?.copy(memory, to) ?? 0;
  }
  memory[to++] = QUOTE;
  output.length = to;
}

/** A JSON text has line ends only between its parts, where a space means the same. */
function writeOnOneLine({ bytes, offsets }: BytesColumn, index: number, output: ByteOutput): void {
  const from = output.length;
  output.writeBytes(bytes, offsets[index], offsets[index + 1]);
  const written = output.reserve(0);
  for (let position = from; position < output.length; position++) {
    if (written[position] === LINE_FEED || written[position] === CARRIAGE_RETURN) written[position] = SPACE;
  }
}
