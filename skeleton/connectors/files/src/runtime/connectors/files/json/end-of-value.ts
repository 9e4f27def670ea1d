const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const COMMA = 0x2c;

/**
 * Where the JSON value ends that starts at `start`, judging by its brackets and quotes only.
 *
 * @returns the position behind it, -1 when it goes on behind `end`
 */
export function endOfValue(bytes: Buffer, start: number, end: number): number {
  let depth = 0;
  for (let position = start; position < end; position++) {
    const byte = bytes[position] ?? 0;
    if (byte === QUOTE) {
      position = closingQuote(bytes, position + 1, end);
      if (position < 0) return -1;
      if (depth === 0) return position + 1;
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      depth++;
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      // A bracket that closes what is around the value ends a number or a word.
      if (depth === 0) return position;
      depth--;
      if (depth === 0) return position + 1;
    } else if (byte === COMMA && depth === 0) {
      return position;
    }
  }
  return -1;
}

function closingQuote(bytes: Buffer, start: number, end: number): number {
  for (let position = start; position < end; position++) {
    const byte = bytes[position];
    if (byte === BACKSLASH) position++;
    else if (byte === QUOTE) return position;
  }
  return -1;
}
