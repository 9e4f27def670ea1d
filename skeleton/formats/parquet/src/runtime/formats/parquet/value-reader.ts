import type { BytesColumn, Column } from '../../columns/column.ts';
import { reserveBytes } from '../../columns/column.ts';

/** The values of a page without its NULLs, read from the first to the last. */
export interface ValueReader {
  /**
   * Writes the next `count` values as values `at` and following of `target`.
   *
   * @throws RangeError when the page has not so many, or other ones than it should
   */
  read(target: Column, at: number, count: number): void;
  /** Called behind the last value. @throws RangeError when the page has more than that */
  end?(): void;
}

/** Offsets into a column's text have 32 bits. */
const MAX_TEXT = 2 ** 31 - 1;
/** Values are copied word by word, up to three bytes too many. */
export const SPARE_BYTES = 4;
/** From this length on the native copy is faster than a loop. */
const LONG_VALUE = 96;

export function requireBytes(column: Column): BytesColumn {
  if (column.storage !== 'bytes') throw new TypeError(`text does not fit a column of ${column.storage}.`);
  return column;
}

/** Makes room for `size` bytes behind the first `at` values; says where they start. */
export function reserveText(target: BytesColumn, at: number, size: number): number {
  const start = target.offsets[at] ?? 0;
  const end = start + size;
  if (end > MAX_TEXT) throw new RangeError('the text of a group of records is longer than 2 GiB');
  reserveBytes(target, end + SPARE_BYTES);
  return start;
}

/** Copies `bytes` for value `at`, in a column that has room for them. */
export function copyText(
  source: Buffer,
  from: DataView,
  start: number,
  length: number,
  target: BytesColumn,
  to: DataView,
  end: number,
): void {
  if (length > LONG_VALUE || start + length + SPARE_BYTES > from.byteLength) {
    source.copy(target.bytes, end, start, start + length);
  } else {
    for (let byte = 0; byte < length; byte += 4) to.setInt32(end + byte, from.getInt32(start + byte));
  }
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
