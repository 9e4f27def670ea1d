import type { BytesColumn, Column, Float64Column, Int32Column, Int64Column } from '../../columns/column.ts';
import { readInt64, readSafeInt64 } from '../../columns/read-values.ts';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { describeType } from '../../schema/table-schema.ts';
import { EPOCH_DAYS, EPOCH_HIGH, EPOCH_LOW, INT32_MAX, INT32_MIN } from './epoch.ts';
import {
  BIGINT_GROUPS,
  countGroups,
  NUMERIC_HEADER,
  scaledLayout,
  textNumericSize,
  writeScaled,
  writeScaledBigInt,
  writeTextNumeric,
} from './numeric.ts';
import type { Wire } from './types.ts';

/** Bytes for the wire, and where in them the next value of each row goes. */
export interface WireFrame {
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly cursors: Int32Array;
}

/** Puts the values of one column on the wire; each is preceded by its 32-bit length. */
export interface ColumnWriter {
  /** Bytes of each value, where all values take the same. */
  readonly size?: number;
  /** Where they do not: adds to `sizes` the bytes that `count` values take, from value `row` on. */
  measure?(sizes: Int32Array, count: number, row: number): void;
  /** Writes values that were just measured, and moves the cursors behind them. */
  write(frame: WireFrame, count: number, row: number): void;
}

/** Most values that are measured and written at a time. */
export const LARGEST_STRETCH = 4096;

const LENGTH_SIZE = 4;
const NULL = -1;
/** Shorter byte strings are copied faster in a loop than by a call. */
const SHORT = 48;

/**
 * What puts this column on the wire in that format.
 *
 * @param length number of values
 */
export function columnWriter(wire: Wire, nullable: Column, length: number): ColumnWriter {
  const complete = nullable.valid?.subarray(0, length).includes(0) !== true;
  const column = complete ? { ...nullable, valid: undefined } : nullable;
  switch (column.storage) {
    case 'int32':
      if (wire === 'bool') return int32Writer(column, 1);
      if (wire === 'int2') return int32Writer(column, 2);
      if (wire === 'int4') return int32Writer(column, 4);
      if (wire === 'date') return dateWriter(column);
      break;
    case 'int64':
      if (wire === 'int8' || wire === 'time') return int64Writer(column);
      if (wire === 'timestamp') return timestampWriter(column);
      if (wire === 'numeric') return scaledWriter(column);
      break;
    case 'float64':
      if (wire === 'float4') return floatWriter(column, 4);
      if (wire === 'float8') return floatWriter(column, 8);
      break;
    case 'bytes':
      if (wire === 'text' || wire === 'bytea') return bytesWriter(column, 0);
      if (wire === 'jsonb') return bytesWriter(column, 1);
      if (wire === 'uuid') return uuidWriter(column);
      if (wire === 'numeric') return numericTextWriter(column);
      break;
  }
  throw new PipelineError('INTERNAL', `${describeType(column.field.type)} cannot be written as PostgreSQL's ${wire}.`);
}

/** Values of `size` bytes, unless they are NULL. */
function fixedSize(size: number, valid: Uint8Array | undefined): Pick<ColumnWriter, 'size' | 'measure'> {
  if (valid === undefined) return { size: LENGTH_SIZE + size };
  return {
    measure(sizes, count, row) {
      for (let index = 0; index < count; index++) {
        sizes[index] = (sizes[index] ?? 0) + (valid[row + index] === 1 ? LENGTH_SIZE + size : LENGTH_SIZE);
      }
    },
  };
}

/** Writes the length, or a NULL; returns where the value goes, or -1 when there is none. */
function begin(
  { view, cursors }: WireFrame,
  index: number,
  valid: Uint8Array | undefined,
  row: number,
  size: number,
): number {
  const at = cursors[index] ?? 0;
  if (valid !== undefined && valid[row] === 0) {
    view.setInt32(at, NULL);
    cursors[index] = at + LENGTH_SIZE;
    return -1;
  }
  view.setInt32(at, size);
  cursors[index] = at + LENGTH_SIZE + size;
  return at + LENGTH_SIZE;
}

function int32Writer({ values, valid }: Int32Column, size: 1 | 2 | 4): ColumnWriter {
  return {
    ...fixedSize(size, valid),
    write(frame, count, row) {
      const { view } = frame;
      for (let index = 0; index < count; index++) {
        const at = begin(frame, index, valid, row + index, size);
        if (at < 0) continue;
        const value = values[row + index] ?? 0;
        if (size === 4) view.setInt32(at, value);
        else if (size === 2) view.setInt16(at, value);
        else view.setInt8(at, value);
      }
    },
  };
}

function dateWriter({ values, valid }: Int32Column): ColumnWriter {
  return {
    ...fixedSize(4, valid),
    write(frame, count, row) {
      for (let index = 0; index < count; index++) {
        const at = begin(frame, index, valid, row + index, 4);
        if (at < 0) continue;
        const days = values[row + index] ?? 0;
        frame.view.setInt32(at, days === INT32_MAX || days === INT32_MIN ? days : days - EPOCH_DAYS);
      }
    },
  };
}

function int64Writer({ values, valid }: Int64Column): ColumnWriter {
  return {
    ...fixedSize(8, valid),
    write(frame, count, row) {
      const { view } = frame;
      for (let index = 0; index < count; index++) {
        const at = begin(frame, index, valid, row + index, 8);
        if (at < 0) continue;
        view.setInt32(at, values[2 * (row + index) + 1] ?? 0);
        view.setInt32(at + 4, values[2 * (row + index)] ?? 0);
      }
    },
  };
}

function timestampWriter({ values, valid }: Int64Column): ColumnWriter {
  return {
    ...fixedSize(8, valid),
    write(frame, count, row) {
      const { view } = frame;
      for (let index = 0; index < count; index++) {
        const at = begin(frame, index, valid, row + index, 8);
        if (at < 0) continue;
        let low = values[2 * (row + index)] ?? 0;
        let high = values[2 * (row + index) + 1] ?? 0;
        const infinite = (high === INT32_MAX && low === -1) || (high === INT32_MIN && low === 0);
        if (!infinite) {
          low = (low >>> 0) - EPOCH_LOW;
          high -= EPOCH_HIGH + (low < 0 ? 1 : 0);
        }
        view.setInt32(at, high);
        view.setInt32(at + 4, low);
      }
    },
  };
}

function floatWriter({ values, valid }: Float64Column, size: 4 | 8): ColumnWriter {
  return {
    ...fixedSize(size, valid),
    write(frame, count, row) {
      const { view } = frame;
      for (let index = 0; index < count; index++) {
        const at = begin(frame, index, valid, row + index, size);
        if (at < 0) continue;
        if (size === 8) view.setFloat64(at, values[row + index] ?? 0);
        else view.setFloat32(at, values[row + index] ?? 0);
      }
    },
  };
}

function scaledWriter(column: Int64Column): ColumnWriter {
  const { field, valid } = column;
  const layout = scaledLayout((field.type.kind === 'decimal' ? field.type.scale : undefined) ?? 0);
  /** Groups of four digits of each value that was measured; 0 when it needs bigint. */
  const groups = new Uint8Array(LARGEST_STRETCH);
  return {
    measure(sizes, count, row) {
      for (let index = 0; index < count; index++) {
        let size = LENGTH_SIZE;
        if (valid === undefined || valid[row + index] === 1) {
          const magnitude = Math.abs(readSafeInt64(column, row + index)) * layout.factor;
          const needed = magnitude <= Number.MAX_SAFE_INTEGER ? countGroups(magnitude) : 0;
          groups[index] = needed;
          size += NUMERIC_HEADER + 2 * (needed || BIGINT_GROUPS);
        }
        sizes[index] = (sizes[index] ?? 0) + size;
      }
    },
    write(frame, count, row) {
      const { view } = frame;
      for (let index = 0; index < count; index++) {
        const needed = groups[index] ?? 0;
        const at = begin(frame, index, valid, row + index, NUMERIC_HEADER + 2 * (needed || BIGINT_GROUPS));
        if (at < 0) continue;
        if (needed > 0) writeScaled(view, at, readSafeInt64(column, row + index), needed, layout);
        else writeScaledBigInt(view, at, readInt64(column, row + index), layout);
      }
    },
  };
}

/** @param version the byte that stands before the text of each jsonb, if there is one */
function bytesWriter({ offsets, bytes: source, valid }: BytesColumn, version: 0 | 1): ColumnWriter {
  return {
    measure(sizes, count, row) {
      for (let index = 0; index < count; index++) {
        const length = (offsets[row + index + 1] ?? 0) - (offsets[row + index] ?? 0);
        const present = valid === undefined || valid[row + index] === 1;
        sizes[index] = (sizes[index] ?? 0) + LENGTH_SIZE + (present ? length + version : 0);
      }
    },
    write(frame, count, row) {
      const { bytes } = frame;
      for (let index = 0; index < count; index++) {
        let from = offsets[row + index] ?? 0;
        const end = offsets[row + index + 1] ?? 0;
        let at = begin(frame, index, valid, row + index, end - from + version);
        if (at < 0) continue;
        if (version === 1) bytes[at++] = 1;
        if (end - from < SHORT) {
          while (from < end) bytes[at++] = source[from++] ?? 0;
        } else {
          source.copy(bytes, at, from, end);
        }
      }
    },
  };
}

const UUID_BYTES = 16;

function uuidWriter({ offsets, bytes: source, valid }: BytesColumn): ColumnWriter {
  return {
    ...fixedSize(UUID_BYTES, valid),
    write(frame, count, row) {
      const { bytes } = frame;
      for (let index = 0; index < count; index++) {
        const at = begin(frame, index, valid, row + index, UUID_BYTES);
        if (at < 0) continue;
        const text = source.toString('latin1', offsets[row + index] ?? 0, offsets[row + index + 1] ?? 0);
        bytes.write(text.replaceAll('-', ''), at, UUID_BYTES, 'hex');
      }
    },
  };
}

function numericTextWriter({ offsets, bytes: source, valid }: BytesColumn): ColumnWriter {
  return {
    measure(sizes, count, row) {
      for (let index = 0; index < count; index++) {
        const present = valid === undefined || valid[row + index] === 1;
        const size = present ? textNumericSize(source, offsets[row + index] ?? 0, offsets[row + index + 1] ?? 0) : 0;
        sizes[index] = (sizes[index] ?? 0) + LENGTH_SIZE + size;
      }
    },
    write(frame, count, row) {
      for (let index = 0; index < count; index++) {
        const from = offsets[row + index] ?? 0;
        const end = offsets[row + index + 1] ?? 0;
        const present = valid === undefined || valid[row + index] === 1;
        const at = begin(frame, index, valid, row + index, present ? textNumericSize(source, from, end) : 0);
        if (at >= 0) writeTextNumeric(frame.view, at, source, from, end);
      }
    },
  };
}
