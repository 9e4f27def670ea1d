import type { BytesColumn, Column } from '../../columns/column.ts';
import { packBits } from './bit-packing.ts';

const LENGTH_BYTES = 4;
/** From this length on the native copy is faster than a loop. */
const LONG_VALUE = 64;

/** Bytes that the first `count` values (none of them NULL) take in Parquet's PLAIN encoding. */
export function plainSize(column: Column, count: number): number {
  switch (column.storage) {
    case 'int32':
      return column.field.type.kind === 'boolean' ? (count + 7) >> 3 : 4 * count;
    case 'int64':
      return 8 * count;
    case 'float64':
      return column.field.type.kind === 'float64' ? 8 * count : 4 * count;
    case 'bytes':
      return (column.offsets[count] ?? 0) - (column.offsets[0] ?? 0) + LENGTH_BYTES * count;
  }
}

/** Writes the first `count` values (none of them NULL) in Parquet's PLAIN encoding. */
export function writePlain(column: Column, count: number, target: Buffer, position: number): void {
  switch (column.storage) {
    case 'int32':
      if (column.field.type.kind === 'boolean') packBits(column.values, count, 1, target, position);
      else target.set(memoryOf(column.values, count), position);
      break;
    case 'int64':
      target.set(memoryOf(column.values, 2 * count), position);
      break;
    case 'float64':
      if (column.field.type.kind === 'float64') target.set(memoryOf(column.values, count), position);
      else target.set(memoryOf(Float32Array.from(column.values.subarray(0, count)), count), position);
      break;
    case 'bytes':
      writeByteArrays(column, count, target, position);
  }
}

/** The memory of the values, which is little-endian on every platform that Node supports. */
function memoryOf(values: Int32Array | Float32Array | Float64Array, count: number): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, count * values.BYTES_PER_ELEMENT);
}

function writeByteArrays({ offsets, bytes }: BytesColumn, count: number, target: Buffer, position: number): void {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const view = new DataView(target.buffer, target.byteOffset, target.length);
  let from = offsets[0] ?? 0;
  let to = position;
  for (let index = 1; index <= count; index++) {
    const end = offsets[index] ?? 0;
    view.setInt32(to, end - from, true);
    to += LENGTH_BYTES;
    if (end - from > LONG_VALUE) {
      bytes.copy(target, to, from, end);
      to += end - from;
      from = end;
    } else {
      for (; from + 4 <= end; from += 4, to += 4) view.setInt32(to, words.getInt32(from));
      while (from < end) target[to++] = bytes[from++] ?? 0;
    }
  }
}

export function writeLength(target: Uint8Array, position: number, length: number): number {
  target[position] = length;
  target[position + 1] = length >> 8;
  target[position + 2] = length >> 16;
  target[position + 3] = length >>> 24;
  return position + LENGTH_BYTES;
}
