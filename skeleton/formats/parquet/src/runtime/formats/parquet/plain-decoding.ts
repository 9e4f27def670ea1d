import type { Column } from '../../columns/column.ts';
import type { Leaf } from './file-schema.ts';
import { type FixedDecoder, numberDecoder } from './fixed-decoding.ts';
import { type BytesDecoder, bytesDecoder } from './text-decoding.ts';
import { copyText, requireBytes, reserveText, type ValueReader, viewOf } from './value-reader.ts';

const LENGTH_BYTES = 4;

/** Values in PLAIN encoding, as the type of their column. */
export function readPlain(leaf: Leaf, bytes: Buffer): ValueReader {
  const width = plainWidth(leaf);
  if (leaf.element.type === 'BOOLEAN') return new BooleanReader(bytes);
  if (width === undefined) return new ByteArrayReader(bytes, bytesDecoder(leaf));
  return new FixedReader(bytes, width, numberDecoder(leaf) ?? eachOf(width, bytes, bytesDecoder(leaf)));
}

/** Bytes of a value, `undefined` where they are bits or each has its own length. */
export function plainWidth({ element: { type, type_length: length = 0 } }: Leaf): number | undefined {
  switch (type) {
    case 'INT32':
    case 'FLOAT':
      return 4;
    case 'INT64':
    case 'DOUBLE':
      return 8;
    case 'INT96':
      return 12;
    case 'FIXED_LEN_BYTE_ARRAY':
      if (length < 1) throw new RangeError('values have no length');
      return length;
    default:
      return undefined;
  }
}

function tooShort(): RangeError {
  return new RangeError('a page has fewer values than it says');
}

function requireEnd(position: number, length: number): void {
  if (position !== length) throw new RangeError('a page has more values than it says');
}

class FixedReader implements ValueReader {
  readonly #view: DataView;
  readonly #width: number;
  readonly #decode: FixedDecoder;
  #position = 0;

  constructor(bytes: Buffer, width: number, decode: FixedDecoder) {
    this.#view = viewOf(bytes);
    this.#width = width;
    this.#decode = decode;
  }

  read(target: Column, at: number, count: number): void {
    const size = count * this.#width;
    if (this.#position + size > this.#view.byteLength) throw tooShort();
    this.#decode(this.#view, this.#position, target, at, count);
    this.#position += size;
  }

  end(): void {
    requireEnd(this.#position, this.#view.byteLength);
  }
}

function eachOf(width: number, bytes: Buffer, decode: BytesDecoder = copyBytes): FixedDecoder {
  return (_, position, target, at, count) => {
    for (let index = 0; index < count; index++) {
      const start = position + index * width;
      decode(bytes, start, start + width, target, at + index);
    }
  };
}

function copyBytes(bytes: Buffer, start: number, end: number, target: Column, index: number): void {
  const column = requireBytes(target);
  const to = reserveText(column, index, end - start);
  column.offsets[index + 1] = to + bytes.copy(column.bytes, to, start, end);
}

class BooleanReader implements ValueReader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  read(target: Column, at: number, count: number): void {
    if (target.storage !== 'int32') throw new TypeError(`booleans do not fit a column of ${target.storage}.`);
    if (this.#position + count > this.#bytes.length * 8) throw tooShort();
    const { values } = target;
    for (let index = 0; index < count; index++) {
      const bit = this.#position++;
      values[at + index] = ((this.#bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1;
    }
  }

  end(): void {
    requireEnd(Math.ceil(this.#position / 8), this.#bytes.length);
  }
}

/** Values with their length in front of each. */
class ByteArrayReader implements ValueReader {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  readonly #decode: BytesDecoder | undefined;
  #position = 0;

  constructor(bytes: Buffer, decode: BytesDecoder | undefined) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#decode = decode;
  }

  read(target: Column, at: number, count: number): void {
    if (this.#decode === undefined) this.#copy(target, at, count);
    else this.#decodeEach(target, at, count, this.#decode);
  }

  end(): void {
    requireEnd(this.#position, this.#bytes.length);
  }

  #decodeEach(target: Column, at: number, count: number, decode: BytesDecoder): void {
    let position = this.#position;
    for (let index = 0; index < count; index++) {
      const end = this.#endOf(position);
      decode(this.#bytes, position + LENGTH_BYTES, end, target, at + index);
      position = end;
    }
    this.#position = position;
  }

  #copy(target: Column, at: number, count: number): void {
    const column = requireBytes(target);
    const { offsets } = column;
    let behind = this.#position;
    for (let index = 0; index < count; index++) behind = this.#endOf(behind);
    let end = reserveText(column, at, behind - this.#position - count * LENGTH_BYTES);
    const view = this.#view;
    const to = viewOf(column.bytes);
    let position = this.#position;
    for (let index = at; index < at + count; index++) {
      const length = view.getUint32(position, true);
      copyText(this.#bytes, view, position + LENGTH_BYTES, length, column, to, end);
      position += LENGTH_BYTES + length;
      end += length;
      offsets[index + 1] = end;
    }
    this.#position = position;
  }

  /** Where the value ends whose length is at `position`. */
  #endOf(position: number): number {
    if (position + LENGTH_BYTES > this.#bytes.length) throw tooShort();
    const end = position + LENGTH_BYTES + this.#view.getUint32(position, true);
    if (end > this.#bytes.length) throw tooShort();
    return end;
  }
}
