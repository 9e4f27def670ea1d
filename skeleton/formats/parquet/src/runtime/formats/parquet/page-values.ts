import { allocateColumn, type Column } from '../../columns/column.ts';
import { DictionaryReader, type ReadDictionary } from './dictionary-reader.ts';
import type { Leaf } from './file-schema.ts';
import { HybridDecoder } from './hybrid-decoding.ts';
import { toPlain } from './other-encodings.ts';
import { plainWidth, readPlain } from './plain-decoding.ts';
import type { ValueReader } from './value-reader.ts';

/**
 * The values of a data page.
 *
 * @param limit the page has at most so many values
 */
export function openValues(
  leaf: Leaf,
  encoding: string,
  bytes: Buffer,
  limit: number,
  dictionary: ReadDictionary | undefined,
): ValueReader {
  switch (encoding) {
    case 'PLAIN':
      return readPlain(leaf, bytes);
    case 'PLAIN_DICTIONARY':
    case 'RLE_DICTIONARY':
      return new DictionaryReader(bytes, dictionary);
    case 'RLE':
      return new BooleanRunReader(leaf, bytes);
    default:
      return readPlain(leaf, toPlain(leaf, encoding, bytes, limit));
  }
}

export function openDictionary(leaf: Leaf, bytes: Buffer, size: number): ReadDictionary {
  // Every value has a byte at least; more is checked where they are read.
  if (!(size >= 0 && size * (plainWidth(leaf) ?? 1 / 8) <= bytes.length))
    throw new RangeError('a dictionary is too short');
  const column = allocateColumn(leaf.field, size, bytes.length);
  const values = readPlain(leaf, bytes);
  values.read(column, 0, size);
  values.end?.();
  return { column, size };
}

/** Booleans as run lengths. */
class BooleanRunReader implements ValueReader {
  readonly #runs: HybridDecoder;

  constructor({ element }: Leaf, bytes: Buffer) {
    if (element.type !== 'BOOLEAN') throw new RangeError(`run lengths of ${element.type}`);
    this.#runs = new HybridDecoder(withLength(bytes).bytes, 1);
  }

  read(target: Column, at: number, count: number): void {
    if (target.storage !== 'int32') throw new TypeError(`booleans do not fit a column of ${target.storage}.`);
    this.#runs.read(target.values, at, count);
  }
}

/** Bytes with their length in four bytes in front of them, and what follows. */
export function withLength(bytes: Buffer): { bytes: Buffer; rest: Buffer } {
  const end = bytes.length < 4 ? Number.POSITIVE_INFINITY : 4 + bytes.readUInt32LE(0);
  if (end > bytes.length) throw new RangeError('a page is too short');
  return { bytes: bytes.subarray(4, end), rest: bytes.subarray(end) };
}
