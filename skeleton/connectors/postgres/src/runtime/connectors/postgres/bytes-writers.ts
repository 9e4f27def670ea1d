import type { BytesColumn } from '../../columns/column.ts';
import { beginValue, type ColumnWriter, fixedSize, LENGTH_SIZE } from './column-writer.ts';

/** Shorter byte strings are copied faster in a loop than by a call. */
const SHORT = 64;

/** @param version the byte that stands before the text of each jsonb, if there is one */
export function bytesWriter({ offsets, bytes: source, valid }: BytesColumn, version: 0 | 1): ColumnWriter {
  const words = new DataView(source.buffer, source.byteOffset, source.length);
  return {
    measure(sizes, count, row) {
      for (let index = 0; index < count; index++) {
        const length = (offsets[row + index + 1] ?? 0) - (offsets[row + index] ?? 0);
        const present = valid === undefined || valid[row + index] === 1;
        sizes[index] = (sizes[index] ?? 0) + LENGTH_SIZE + (present ? length + version : 0);
      }
    },
    write(frame, count, row) {
      const { bytes, view } = frame;
      for (let index = 0; index < count; index++) {
        let from = offsets[row + index] ?? 0;
        const end = offsets[row + index + 1] ?? 0;
        let at = beginValue(frame, index, valid, row + index, end - from + version);
        if (at < 0) continue;
        if (version === 1) bytes[at++] = 1;
        if (end - from >= SHORT) {
          source.copy(bytes, at, from, end);
          continue;
        }
        for (; from + 4 <= end; from += 4, at += 4) view.setInt32(at, words.getInt32(from));
        while (from < end) bytes[at++] = source[from++] ?? 0;
      }
    },
  };
}

const UUID_BYTES = 16;
/** The value of each hexadecimal digit, by its ASCII code. */
const DIGIT_VALUES = Uint8Array.from({ length: 256 }, (_, code) => {
  return Number.parseInt(String.fromCharCode(code), 16) || 0;
});
const DASH = 45;

/** Texts are uuids in their usual form, `3f2504e0-4f89-41d3-9a0c-0305e82c3301`. */
export function uuidWriter({ offsets, bytes: source, valid }: BytesColumn): ColumnWriter {
  return {
    ...fixedSize(UUID_BYTES, valid),
    write(frame, count, row) {
      const { bytes } = frame;
      for (let index = 0; index < count; index++) {
        const at = beginValue(frame, index, valid, row + index, UUID_BYTES);
        if (at < 0) continue;
        let from = offsets[row + index] ?? 0;
        for (let byte = 0; byte < UUID_BYTES; byte++) {
          if (source[from] === DASH) from++;
          const high = DIGIT_VALUES[source[from++] ?? 0] ?? 0;
          bytes[at + byte] = (high << 4) | (DIGIT_VALUES[source[from++] ?? 0] ?? 0);
        }
      }
    },
  };
}
