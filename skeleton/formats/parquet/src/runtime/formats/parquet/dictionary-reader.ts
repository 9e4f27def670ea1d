import type { BytesColumn, Column } from '../../columns/column.ts';
import { HybridDecoder } from './hybrid-decoding.ts';
import { copyText, requireBytes, reserveText, type ValueReader, viewOf } from './value-reader.ts';

/** The distinct values that pages of a column chunk refer to. */
export interface ReadDictionary {
  readonly column: Column;
  readonly size: number;
}

const CHUNK = 4096;
/** Values that are being looked up; nothing waits between reading and using them. */
const indices = new Int32Array(CHUNK);

/** Values that are numbers of entries in a dictionary. */
export class DictionaryReader implements ValueReader {
  readonly #dictionary: ReadDictionary | undefined;
  readonly #indices: HybridDecoder | undefined;

  /** @param bytes the width of the indices in bits, then the indices; nothing where all values are NULL */
  constructor(bytes: Buffer, dictionary: ReadDictionary | undefined) {
    this.#dictionary = dictionary;
    this.#indices = bytes.length === 0 ? undefined : new HybridDecoder(bytes.subarray(1), bytes[0] ?? 0);
  }

  read(target: Column, at: number, count: number): void {
    if (count === 0) return;
    if (this.#dictionary === undefined) throw new RangeError('a dictionary is missing');
    if (this.#indices === undefined) throw new RangeError('a page is too short');
    for (let done = 0; done < count; done += CHUNK) {
      const part = Math.min(CHUNK, count - done);
      this.#indices.read(indices, 0, part);
      requireEntries(part, this.#dictionary.size);
      takeEntries(this.#dictionary.column, target, at + done, part);
    }
  }
}

function requireEntries(count: number, size: number): void {
  // All bits that any of them has: where even those are in the dictionary, each is.
  let bits = 0;
  for (let index = 0; index < count; index++) bits |= indices[index] ?? 0;
  if (bits < size) return;
  for (let index = 0; index < count; index++) {
    if ((indices[index] ?? 0) >= size) throw new RangeError('a value is not in its dictionary');
  }
}

function takeEntries(source: Column, target: Column, at: number, count: number): void {
  if (source.storage === 'bytes') takeTexts(source, requireBytes(target), at, count);
  else if (source.storage === 'int64' && target.storage === 'int64') takePairs(source.values, target.values, at, count);
  else if (source.storage === 'int32' && target.storage === 'int32') {
    for (let index = 0; index < count; index++) target.values[at + index] = source.values[indices[index] ?? 0] ?? 0;
  } else if (source.storage === 'float64' && target.storage === 'float64') {
    for (let index = 0; index < count; index++) target.values[at + index] = source.values[indices[index] ?? 0] ?? 0;
  } else throw new TypeError(`${source.storage} does not fit a column of ${target.storage}.`);
}

function takePairs(source: Int32Array, target: Int32Array, at: number, count: number): void {
  let to = 2 * at;
  for (let index = 0; index < count; index++) {
    const from = 2 * (indices[index] ?? 0);
    target[to++] = source[from] ?? 0;
    target[to++] = source[from + 1] ?? 0;
  }
}

function takeTexts({ offsets, bytes }: BytesColumn, target: BytesColumn, at: number, count: number): void {
  let size = 0;
  for (let index = 0; index < count; index++) {
    const entry = indices[index] ?? 0;
    size += (offsets[entry + 1] ?? 0) - (offsets[entry] ?? 0);
  }
  let end = reserveText(target, at, size);
  const from = viewOf(bytes);
  const to = viewOf(target.bytes);
  const { offsets: ends } = target;
  for (let index = 0; index < count; index++) {
    const entry = indices[index] ?? 0;
    const start = offsets[entry] ?? 0;
    const length = (offsets[entry + 1] ?? 0) - start;
    copyText(bytes, from, start, length, target, to, end);
    end += length;
    ends[at + index + 1] = end;
  }
}
