import type { Data } from 'apache-arrow';
import { type BytesColumn, reserveBytes } from '../../columns/column.ts';

/** Arrow's layouts of text and binary values, written one after the other into a column's bytes. */

const VIEW_BYTES = 16;
/** Values up to this length lie in their view; of longer ones it says buffer and offset. */
const INLINE_BYTES = 12;

/** Views, which is how polars lays out text: 4 bytes length, then the value or where it is. */
export function copyViewTexts(chunk: Data, column: BytesColumn, start: number): void {
  const { length, variadicBuffers, nullBitmap, nullCount } = chunk;
  const bytes: Uint8Array = chunk.values;
  const views = new DataView(bytes.buffer, bytes.byteOffset, VIEW_BYTES * length);
  let end = column.offsets[start] ?? 0;
  for (let index = 0; index < length; index++) {
    const view = VIEW_BYTES * index;
    const size = nullCount > 0 && !isPresent(nullBitmap, index) ? 0 : views.getInt32(view, true);
    const inline = size <= INLINE_BYTES;
    const source = inline ? bytes : variadicBuffers[views.getInt32(view + 8, true)];
    const from = inline ? view + 4 : views.getInt32(view + 12, true);
    if (source !== undefined && size > 0) copy(source, from, size, column, end);
    end += size;
    column.offsets[start + index + 1] = end;
  }
}

/** Offsets into one buffer, of 32 or 64 bits. */
export function copyOffsetTexts(chunk: Data, column: BytesColumn, start: number): void {
  const { length, valueOffsets, nullBitmap, nullCount } = chunk;
  const bytes: Uint8Array = chunk.values;
  let end = column.offsets[start] ?? 0;
  for (let index = 0; index < length; index++) {
    if (nullCount === 0 || isPresent(nullBitmap, index)) {
      const from = Number(valueOffsets[index]);
      const size = Number(valueOffsets[index + 1]) - from;
      copy(bytes, from, size, column, end);
      end += size;
    }
    column.offsets[start + index + 1] = end;
  }
}

/** Texts that are made one by one; `undefined` leaves nothing. */
export function writeTexts(
  column: BytesColumn,
  start: number,
  length: number,
  textOf: (index: number) => string | undefined,
): void {
  let end = column.offsets[start] ?? 0;
  for (let index = 0; index < length; index++) {
    const present = column.valid === undefined || column.valid[start + index] === 1;
    const text = (present && textOf(index)) || '';
    end += reserveBytes(column, end + text.length).write(text, end, 'latin1');
    column.offsets[start + index + 1] = end;
  }
}

function isPresent(bitmap: Uint8Array, index: number): boolean {
  return (((bitmap[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
}

function copy(source: Uint8Array, from: number, size: number, column: BytesColumn, to: number): void {
  const target = reserveBytes(column, to + size);
  if (size > 32) target.set(source.subarray(from, from + size), to);
  else for (let index = 0; index < size; index++) target[to + index] = source[from + index] ?? 0;
}
