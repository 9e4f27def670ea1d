import { DeltaDecoder } from './delta-decoding.ts';
import type { Leaf } from './file-schema.ts';
import { plainWidth } from './plain-decoding.ts';
import { writeLength } from './plain-values.ts';

/** A page of prefixes and suffixes may stand for far more text than it has bytes. */
const MAX_TEXT = 2 ** 30;
/** From this length on the native copy is faster than a loop. */
const LONG_VALUE = 64;

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

function plainDeltas({ element }: Leaf, bytes: Buffer, limit: number): Buffer {
  const deltas = new DeltaDecoder(bytes);
  if (element.type === 'INT32') return Buffer.from(deltas.readInt32(limit).buffer);
  if (element.type === 'INT64') return Buffer.from(deltas.readInt64(limit).buffer);
  throw new RangeError(`deltas of ${element.type}`);
}

/** First the lengths of all values, then their text; `withPrefixes`: before, how much each shares with the one before. */
function plainTexts({ element }: Leaf, bytes: Buffer, limit: number, withPrefixes: boolean): Buffer {
  if (element.type !== 'BYTE_ARRAY' && element.type !== 'FIXED_LEN_BYTE_ARRAY') {
    throw new RangeError(`lengths of ${element.type}`);
  }
  const prefixLengths = new DeltaDecoder(bytes);
  const prefixes = withPrefixes ? prefixLengths.readInt32(limit) : undefined;
  const suffixLengths = new DeltaDecoder(bytes.subarray(prefixLengths.position));
  const suffixes = suffixLengths.readInt32(limit);
  const start = prefixLengths.position + suffixLengths.position;
  const lengthBytes = element.type === 'BYTE_ARRAY' ? 4 : 0;
  const target = Buffer.allocUnsafeSlow(sizeOfTexts(prefixes, suffixes, bytes.length - start, lengthBytes));
  let from = start;
  let to = 0;
  let previous = 0;
  for (const [index, suffix] of suffixes.entries()) {
    const prefix = prefixes?.[index] ?? 0;
    if (lengthBytes > 0) to = writeLength(target, to, prefix + suffix);
    copy(target, previous, target, to, prefix);
    copy(bytes, from, target, to + prefix, suffix);
    previous = to;
    to += prefix + suffix;
    from += suffix;
  }
  return target;
}

function copy(source: Buffer, from: number, target: Buffer, to: number, length: number): void {
  if (length > LONG_VALUE) source.copy(target, to, from, from + length);
  else for (let byte = 0; byte < length; byte++) target[to + byte] = source[from + byte] ?? 0;
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
