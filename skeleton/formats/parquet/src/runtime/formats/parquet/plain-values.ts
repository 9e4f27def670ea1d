import type { BytesColumn, Column, Float64Column } from '../../columns/column.ts';
import { packBits } from './bit-packing.ts';

const LENGTH_BYTES = 4;
/** From this length on the native copy is faster than a loop. */
const LONG_VALUE = 64;

/** The first `count` values (none of them NULL) in Parquet's PLAIN encoding. */
export function encodePlain(column: Column, count: number): Buffer {
  switch (column.storage) {
    case 'int32':
      return column.field.type.kind === 'boolean' ? encodeBooleans(column.values, count) : view(column.values, count);
    case 'int64':
      return view(column.values, 2 * count);
    case 'float64':
      return encodeFloats(column, count);
    case 'bytes':
      return encodeByteArrays(column, count);
  }
}

function encodeBooleans(values: Int32Array, count: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow((count + 7) >> 3);
  packBits(values, count, 1, bytes, 0);
  return bytes;
}

function encodeFloats({ field, values }: Float64Column, count: number): Buffer {
  if (field.type.kind === 'float64') return view(values, count);
  return view(Float32Array.from(values.subarray(0, count)), count);
}

/** The memory of the values, which is little-endian on every platform that Node supports. */
function view(values: Int32Array | Float32Array | Float64Array, count: number): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, count * values.BYTES_PER_ELEMENT);
}

function encodeByteArrays({ offsets, bytes }: BytesColumn, count: number): Buffer {
  let from = offsets[0] ?? 0;
  const target = Buffer.allocUnsafeSlow((offsets[count] ?? 0) - from + LENGTH_BYTES * count);
  let to = 0;
  for (let index = 1; index <= count; index++) {
    const end = offsets[index] ?? 0;
    to = writeLength(target, to, end - from);
    if (end - from > LONG_VALUE) {
      bytes.copy(target, to, from, end);
      to += end - from;
      from = end;
    } else {
      while (from < end) target[to++] = bytes[from++] ?? 0;
    }
  }
  return target;
}

export function writeLength(target: Uint8Array, position: number, length: number): number {
  target[position] = length;
  target[position + 1] = length >> 8;
  target[position + 2] = length >> 16;
  target[position + 3] = length >>> 24;
  return position + LENGTH_BYTES;
}
