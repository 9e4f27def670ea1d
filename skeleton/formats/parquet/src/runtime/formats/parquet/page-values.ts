import type { Encoding } from 'hyparquet';
import { deltaBinaryUnpack, deltaByteArray, deltaLengthByteArray } from 'hyparquet/src/delta.js';
import type { Column } from '../../columns/column.ts';
import type { FileColumn } from './file-schema.ts';
import { decodeHybrid } from './hybrid-decoding.ts';
import { decodePlain, readUInt32 } from './plain-decoding.ts';
import { writeLength } from './plain-values.ts';

/** The values of a data page without its NULLs: value i is `column`'s value `indices[i]`, or its value i. */
export interface PageValues {
  readonly column: Column;
  readonly indices: Int32Array | undefined;
}

export function decodeValues(
  file: FileColumn,
  encoding: Encoding,
  bytes: Uint8Array,
  count: number,
  dictionary: Column | undefined,
): PageValues {
  switch (encoding) {
    case 'PLAIN':
      return { column: decodePlain(file, bytes, count), indices: undefined };
    case 'PLAIN_DICTIONARY':
    case 'RLE_DICTIONARY':
      if (dictionary === undefined) throw new RangeError('a dictionary is missing');
      return { column: dictionary, indices: decodeIndices(bytes, count, sizeOf(dictionary)) };
    case 'RLE':
      return { column: decodeBooleanRuns(file, bytes, count), indices: undefined };
    default:
      return { column: decodePlain(file, toPlain(file, encoding, bytes, count), count), indices: undefined };
  }
}

function sizeOf(column: Column): number {
  if (column.storage === 'bytes') return column.offsets.length - 1;
  return column.values.length / (column.storage === 'int64' ? 2 : 1);
}

function decodeIndices(bytes: Uint8Array, count: number, size: number): Int32Array {
  const indices = new Int32Array(count);
  if (count === 0) return indices;
  decodeHybrid(bytes.subarray(1), bytes[0] ?? 0, indices);
  for (let index = 0; index < count; index++) {
    if ((indices[index] ?? 0) >= size) throw new RangeError('a value is not in its dictionary');
  }
  return indices;
}

function decodeBooleanRuns({ field, element }: FileColumn, bytes: Uint8Array, count: number): Column {
  if (element.type !== 'BOOLEAN') throw new RangeError('run lengths of a column that is not boolean');
  const values = decodeHybrid(bytes.subarray(4, 4 + readUInt32(bytes, 0)), 1, new Int32Array(count));
  return { storage: 'int32', field, valid: undefined, values };
}

/** The rarer encodings as PLAIN. */
function toPlain({ element }: FileColumn, encoding: Encoding, bytes: Uint8Array, count: number): Uint8Array {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  if (count === 0) return bytes;
  switch (encoding) {
    case 'DELTA_BINARY_PACKED': {
      const values = element.type === 'INT64' ? new BigInt64Array(count) : new Int32Array(count);
      deltaBinaryUnpack(reader, count, values);
      return new Uint8Array(values.buffer);
    }
    case 'DELTA_LENGTH_BYTE_ARRAY':
    case 'DELTA_BYTE_ARRAY': {
      const values = new Array<Uint8Array>(count);
      if (encoding === 'DELTA_BYTE_ARRAY') deltaByteArray(reader, count, values);
      else deltaLengthByteArray(reader, count, values);
      return joinValues(values, element.type === 'BYTE_ARRAY');
    }
    case 'BYTE_STREAM_SPLIT':
      return joinStreams(bytes, count);
    default:
      throw new Error(`the encoding ${encoding} is not supported`);
  }
}

function joinValues(values: readonly Uint8Array[], withLengths: boolean): Uint8Array {
  if (!withLengths) return Buffer.concat(values);
  const size = values.reduce((sum, value) => sum + value.length + 4, 0);
  const target = Buffer.allocUnsafeSlow(size);
  let position = 0;
  for (const value of values) {
    position = writeLength(target, position, value.length);
    target.set(value, position);
    position += value.length;
  }
  return target;
}

/** First the first byte of every value, then the second ones, and so on. */
function joinStreams(bytes: Uint8Array, count: number): Uint8Array {
  const width = bytes.length / count;
  const target = new Uint8Array(bytes.length);
  for (let index = 0; index < count; index++) {
    for (let part = 0; part < width; part++) target[index * width + part] = bytes[part * count + index] ?? 0;
  }
  return target;
}
