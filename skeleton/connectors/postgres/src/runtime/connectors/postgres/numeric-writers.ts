import type { BytesColumn, Int64Column } from '../../columns/column.ts';
import { readSafeInt64 } from '../../columns/read-values.ts';
import { beginValue, type ColumnWriter, LARGEST_STRETCH, LENGTH_SIZE } from './column-writer.ts';
import {
  countGroups,
  NUMERIC_HEADER,
  scaledLayout,
  textNumericSize,
  WIDE_GROUPS,
  writeScaled,
  writeTextNumeric,
  writeWideScaled,
} from './numeric.ts';

/** Decimals of up to 18 digits, which are whole numbers times a power of ten. */
export function scaledWriter(column: Int64Column): ColumnWriter {
  const { field, valid, values } = column;
  const layout = scaledLayout((field.type.kind === 'decimal' ? field.type.scale : undefined) ?? 0);
  /** Of each value that was measured: its size times `layout.factor`, and how many groups of four digits it takes. */
  const magnitudes = new Float64Array(LARGEST_STRETCH);
  const groups = new Uint8Array(LARGEST_STRETCH);
  return {
    measure(sizes, count, row) {
      for (let index = 0; index < count; index++) {
        let size = LENGTH_SIZE;
        if (valid === undefined || valid[row + index] === 1) {
          const magnitude = Math.abs(readSafeInt64(column, row + index)) * layout.factor;
          const needed = magnitude <= Number.MAX_SAFE_INTEGER ? countGroups(magnitude) : WIDE_GROUPS;
          magnitudes[index] = magnitude;
          groups[index] = needed;
          size += NUMERIC_HEADER + 2 * needed;
        }
        sizes[index] = (sizes[index] ?? 0) + size;
      }
    },
    write(frame, count, row) {
      const { view } = frame;
      for (let index = 0; index < count; index++) {
        const needed = groups[index] ?? 0;
        const at = beginValue(frame, index, valid, row + index, NUMERIC_HEADER + 2 * needed);
        if (at < 0) continue;
        const high = values[2 * (row + index) + 1] ?? 0;
        if (needed < WIDE_GROUPS) writeScaled(view, at, magnitudes[index] ?? 0, high < 0, needed, layout);
        else writeWideScaled(view, at, high, values[2 * (row + index)] ?? 0, layout);
      }
    },
  };
}

/** Longer decimals, and those of any size, which are text. */
export function decimalTextWriter({ offsets, bytes: source, valid }: BytesColumn): ColumnWriter {
  /** Bytes of each value that was measured. */
  const measured = new Int32Array(LARGEST_STRETCH);
  return {
    measure(sizes, count, row) {
      for (let index = 0; index < count; index++) {
        const present = valid === undefined || valid[row + index] === 1;
        const size = present ? textNumericSize(source, offsets[row + index] ?? 0, offsets[row + index + 1] ?? 0) : 0;
        measured[index] = size;
        sizes[index] = (sizes[index] ?? 0) + LENGTH_SIZE + size;
      }
    },
    write(frame, count, row) {
      for (let index = 0; index < count; index++) {
        const at = beginValue(frame, index, valid, row + index, measured[index] ?? 0);
        if (at < 0) continue;
        writeTextNumeric(frame.view, at, source, offsets[row + index] ?? 0, offsets[row + index + 1] ?? 0);
      }
    },
  };
}
