import type { BytesColumn } from '../../columns/column.ts';
import { ValueError } from '../../columns/write-values.ts';
import { bindings, type Vector } from './duckdb.ts';
import { INLINE_BYTES, POINTER_WORDS, VIEW_BYTES, VIEW_WORDS } from './text-views.ts';

/** The views of one vector, which are copied before the next one is written. */
const views = new Int32Array(VIEW_WORDS * bindings.vector_size());
const viewBytes = new Uint8Array(views.buffer);

/**
 * Writes texts to a vector.
 *
 * The bytes of all of them go over in one piece, as if they were one text: DuckDB copies it to the memory that belongs
 * to the vector and says where it lies. The views of the single texts then point into it. Text by text would be a call
 * into the library for each value, and five times the time.
 *
 * @throws ValueError for text that is not UTF-8
 */
export function writeTexts(vector: Vector, { field, offsets, bytes }: BytesColumn, start: number, count: number): void {
  const from = offsets[start] ?? 0;
  const end = offsets[start + count] ?? from;
  const [low, high] = end - from > INLINE_BYTES ? place(vector, bytes.subarray(from, end), field.name) : [0, 0];
  for (let index = 0; index < count; index++) {
    const at = offsets[start + index] ?? 0;
    const size = (offsets[start + index + 1] ?? at) - at;
    const view = VIEW_WORDS * index;
    views[view] = size;
    views[view + 1] = 0;
    views[view + 2] = 0;
    views[view + 3] = 0;
    const shown = size <= INLINE_BYTES ? size : 4;
    for (let byte = 0; byte < shown; byte++) viewBytes[4 * view + 4 + byte] = bytes[at + byte] ?? 0;
    if (size <= INLINE_BYTES) continue;
    const lowWord = low + (at - from);
    views[view + POINTER_WORDS] = lowWord;
    views[view + POINTER_WORDS + 1] = lowWord > 0xffffffff ? high + 1 : high;
  }
  bindings.copy_data_to_vector(vector, 0, views.buffer, 0, VIEW_BYTES * count);
}

/** Copies bytes into the memory of a vector; returns where they lie, low word first. */
function place(vector: Vector, bytes: Uint8Array, name: string): readonly [low: number, high: number] {
  bindings.copy_data_to_vector(vector, 0, new ArrayBuffer(VIEW_BYTES), 0, VIEW_BYTES);
  bindings.vector_assign_string_element_len(vector, 0, bytes);
  const view = bindings.vector_get_data(vector, VIEW_BYTES);
  const [size = 0, , low = 0, high = 0] = new Uint32Array(view.buffer, view.byteOffset, VIEW_WORDS);
  if (size !== bytes.length) throw new ValueError(`${name} holds text that is not UTF-8`);
  return [low, high];
}
