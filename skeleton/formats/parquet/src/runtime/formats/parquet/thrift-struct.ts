/** The types of Thrift's compact protocol, in which footers and page headers are written. */
const TYPE = {
  stop: 0,
  true: 1,
  false: 2,
  byte: 3,
  int16: 4,
  int32: 5,
  int64: 6,
  double: 7,
  binary: 8,
  list: 9,
  struct: 12,
} as const;

/** Parquet's own structs lie seven deep. */
const MAX_DEPTH = 32;

interface Cursor {
  readonly bytes: Uint8Array;
  position: number;
}

class EndOfBytes extends Error {}

/**
 * Finds where a struct ends, without making anything of it: a damaged one may claim lists and texts of any length.
 *
 * @returns `undefined` when the bytes end before the struct does
 * @throws RangeError when the bytes are no struct
 */
export function endOfStruct(bytes: Uint8Array, start: number): number | undefined {
  const cursor = { bytes, position: start };
  try {
    passStruct(cursor, 0);
    return cursor.position;
  } catch (error) {
    if (error instanceof EndOfBytes) return undefined;
    throw error;
  }
}

function passStruct(cursor: Cursor, depth: number): void {
  if (depth > MAX_DEPTH) throw new RangeError('structs are nested too deeply');
  for (;;) {
    const header = nextByte(cursor);
    const type = header & 15;
    if (type === TYPE.stop) return;
    if (header < 16) passVarint(cursor, 3);
    if (type !== TYPE.true && type !== TYPE.false) passValue(cursor, type, depth);
  }
}

function passValue(cursor: Cursor, type: number, depth: number): void {
  switch (type) {
    case TYPE.true:
    case TYPE.false:
    case TYPE.byte:
      pass(cursor, 1);
      return;
    case TYPE.int16:
    case TYPE.int32:
      passVarint(cursor, 5);
      return;
    case TYPE.int64:
      passVarint(cursor, 10);
      return;
    case TYPE.double:
      pass(cursor, 8);
      return;
    case TYPE.binary:
      pass(cursor, passVarint(cursor, 5));
      return;
    case TYPE.list: {
      const header = nextByte(cursor);
      const size = header >> 4 === 15 ? passVarint(cursor, 5) : header >> 4;
      for (let index = 0; index < size; index++) passValue(cursor, header & 15, depth + 1);
      return;
    }
    case TYPE.struct:
      passStruct(cursor, depth + 1);
      return;
    default:
      throw new RangeError(`a value is of the unknown type ${type}`);
  }
}

function pass(cursor: Cursor, count: number): void {
  cursor.position += count;
  if (cursor.position > cursor.bytes.length) throw new EndOfBytes();
}

function nextByte(cursor: Cursor): number {
  const byte = cursor.bytes[cursor.position++];
  if (byte === undefined) throw new EndOfBytes();
  return byte;
}

/** The number, for those of up to 32 bits. */
function passVarint(cursor: Cursor, maxBytes: number): number {
  let value = 0;
  for (let index = 0; index < maxBytes; index++) {
    const byte = nextByte(cursor);
    if (index < 5) value += (byte & 127) * 2 ** (7 * index);
    if (byte < 128) return value;
  }
  throw new RangeError('a number is too long');
}
