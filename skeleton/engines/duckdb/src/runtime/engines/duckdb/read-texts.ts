import { type BytesColumn, reserveBytes } from '../../columns/column.ts';
import { bindings } from './duckdb.ts';
import { INLINE_BYTES, POINTER_WORDS, VIEW_BYTES, VIEW_WORDS } from './text-views.ts';

/**
 * Bytes between two texts that are fetched with them. Less than a page of memory, so that all of them lie on a page
 * that holds a part of one of the texts.
 */
const GAP_BYTES = 64;

/** Long texts that lie one after the other in DuckDB's memory, fetched in one piece. */
interface Run {
  /** Index behind the last text of the run. */
  readonly end: number;
  /** Address of the first byte. */
  readonly address: number;
  readonly bytes: Uint8Array;
}

/**
 * Copies the texts of a vector to a column, from value `start` on. DuckDB mostly writes texts one after the other, so
 * that neighbours are fetched together: one call for about 400 texts of 30 bytes instead of 400.
 *
 * @param views of the vector: 16 bytes a value
 */
export function readTexts(views: Uint8Array, count: number, column: BytesColumn, start: number): void {
  const words = new Uint32Array(views.buffer, views.byteOffset, VIEW_WORDS * count);
  let to = column.offsets[start] ?? 0;
  let run: Run | undefined;
  for (let index = 0; index < count; index++) {
    const missing = column.valid !== undefined && column.valid[start + index] === 0;
    const size = missing ? 0 : (words[VIEW_WORDS * index] ?? 0);
    const target = reserveBytes(column, to + size);
    if (size <= INLINE_BYTES) {
      const from = VIEW_BYTES * index + 4;
      for (let byte = 0; byte < size; byte++) target[to + byte] = views[from + byte] ?? 0;
    } else {
      if (run === undefined || index >= run.end) run = fetchRun(views, words, index, count, column.valid, start);
      const from = addressOf(words, index) - run.address;
      target.set(run.bytes.subarray(from, from + size), to);
    }
    to += size;
    column.offsets[start + index + 1] = to;
  }
}

function fetchRun(
  views: Uint8Array,
  words: Uint32Array,
  first: number,
  count: number,
  valid: Uint8Array | undefined,
  start: number,
): Run {
  const address = addressOf(words, first);
  let behind = address + (words[VIEW_WORDS * first] ?? 0);
  let end = first + 1;
  for (; end < count; end++) {
    const size = words[VIEW_WORDS * end] ?? 0;
    // What lies under a NULL is not set.
    if (size <= INLINE_BYTES || valid?.[start + end] === 0) continue;
    const next = addressOf(words, end);
    if (next < address || next - behind > GAP_BYTES) break;
    behind = Math.max(behind, next + size);
  }
  const pointer = views.byteOffset + VIEW_BYTES * first + 4 * POINTER_WORDS;
  const bytes = bindings.get_data_from_pointer(views.buffer as ArrayBuffer, pointer, behind - address);
  return { end, address, bytes };
}

function addressOf(words: Uint32Array, index: number): number {
  const low = words[VIEW_WORDS * index + POINTER_WORDS] ?? 0;
  return (words[VIEW_WORDS * index + POINTER_WORDS + 1] ?? 0) * 4_294_967_296 + low;
}
