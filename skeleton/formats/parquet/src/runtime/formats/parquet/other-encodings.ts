import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { readVarInt } from 'hyparquet/src/thrift.js';
import type { Leaf } from './file-schema.ts';
import { plainWidth } from './plain-decoding.ts';
import { writeLength } from './plain-values.ts';
import { viewOf } from './value-reader.ts';

/** A page of prefixes and suffixes may stand for far more text than it has bytes. */
const MAX_TEXT = 2 ** 30;
/** Writers take 128 values in 4 parts, or a few thousand. */
const MAX_BLOCK = 2 ** 16;

/**
 * The values of a page in one of the rarer encodings, in PLAIN encoding.
 *
 * @param limit the page has at most so many values
 * @throws RangeError when the page is damaged
 */
export function toPlain(leaf: Leaf, encoding: string, bytes: Buffer, limit: number): Buffer {
  switch (encoding) {
    case 'DELTA_BINARY_PACKED':
      return plainDeltas(leaf, bytes, limit);
    case 'DELTA_LENGTH_BYTE_ARRAY':
      return plainTexts(leaf, bytes, limit, false);
    case 'DELTA_BYTE_ARRAY':
      return plainTexts(leaf, bytes, limit, true);
    case 'BYTE_STREAM_SPLIT':
      return joinStreams(leaf, bytes);
    default:
      throw new RangeError(`the encoding ${encoding} is not supported`);
  }
}

interface Reader {
  readonly view: DataView;
  offset: number;
}

function plainDeltas({ element }: Leaf, bytes: Buffer, limit: number): Buffer {
  if (element.type !== 'INT32' && element.type !== 'INT64') throw new RangeError(`deltas of ${element.type}`);
  const reader = { view: viewOf(bytes), offset: 0 };
  const count = countDeltas(reader, limit);
  const values = element.type === 'INT32' ? new Int32Array(count) : new BigInt64Array(count);
  if (count > 0) deltaBinaryUnpack(reader, count, values);
  return Buffer.from(values.buffer);
}

function readLengths(reader: Reader, limit: number): Int32Array {
  const lengths = new Int32Array(countDeltas(reader, limit));
  if (lengths.length > 0) deltaBinaryUnpack(reader, lengths.length, lengths);
  else passEmpty(reader);
  return lengths;
}

/** How many deltas follow; checks what else their header says. */
function countDeltas({ view, offset }: Reader, limit: number): number {
  if (view.byteLength === 0) return 0;
  const header = { view, offset };
  const block = readVarInt(header);
  const parts = readVarInt(header);
  const count = readVarInt(header);
  if (!(block > 0 && block <= MAX_BLOCK && parts > 0 && block % (8 * parts) === 0 && count >= 0 && count <= limit)) {
    throw new RangeError('a page of deltas is damaged');
  }
  return count;
}

/** Four numbers make the header of no deltas. */
function passEmpty(reader: Reader): void {
  for (let number = 0; number < 4 && reader.offset < reader.view.byteLength; number++) readVarInt(reader);
}

/** First the lengths of all values, then their text; `withPrefixes`: before, how much each shares with the one before. */
function plainTexts({ element }: Leaf, bytes: Buffer, limit: number, withPrefixes: boolean): Buffer {
  if (element.type !== 'BYTE_ARRAY' && element.type !== 'FIXED_LEN_BYTE_ARRAY') {
    throw new RangeError(`lengths of ${element.type}`);
  }
  const reader = { view: viewOf(bytes), offset: 0 };
  const prefixes = withPrefixes ? readLengths(reader, limit) : undefined;
  const suffixes = readLengths(reader, limit);
  const lengthBytes = element.type === 'BYTE_ARRAY' ? 4 : 0;
  const target = Buffer.allocUnsafeSlow(sizeOfTexts(prefixes, suffixes, bytes.length - reader.offset, lengthBytes));
  let from = reader.offset;
  let to = 0;
  let previous = 0;
  for (const [index, suffix] of suffixes.entries()) {
    const prefix = prefixes?.[index] ?? 0;
    if (lengthBytes > 0) to = writeLength(target, to, prefix + suffix);
    target.copyWithin(to, previous, previous + prefix);
    bytes.copy(target, to + prefix, from, from + suffix);
    previous = to;
    to += prefix + suffix;
    from += suffix;
  }
  return target;
}

function sizeOfTexts(
  prefixes: Int32Array | undefined,
  suffixes: Int32Array,
  room: number,
  lengthBytes: number,
): number {
  if (prefixes !== undefined && prefixes.length !== suffixes.length)
    throw new RangeError('texts without their beginning');
  let size = 0;
  let text = 0;
  let previous = 0;
  for (const [index, suffix] of suffixes.entries()) {
    const prefix = prefixes?.[index] ?? 0;
    text += suffix;
    if (suffix < 0 || prefix < 0 || prefix > previous || text > room) throw new RangeError('a text has a wrong length');
    previous = prefix + suffix;
    size += previous + lengthBytes;
  }
  if (text !== room) throw new RangeError('a page has more text than it says');
  if (size > MAX_TEXT) throw new RangeError('a page has more than 1 GiB of text');
  return size;
}

/** First the first byte of every value, then the second ones, and so on. */
function joinStreams(leaf: Leaf, bytes: Buffer): Buffer {
  const width = plainWidth(leaf);
  if (width === undefined || bytes.length % width !== 0) throw new RangeError('streams of different lengths');
  const count = bytes.length / width;
  const target = Buffer.allocUnsafeSlow(bytes.length);
  for (let part = 0; part < width; part++) {
    const start = part * count;
    for (let index = 0; index < count; index++) target[index * width + part] = bytes[start + index] ?? 0;
  }
  return target;
}
