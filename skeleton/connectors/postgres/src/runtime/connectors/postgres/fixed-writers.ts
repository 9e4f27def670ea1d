import type { Float64Column, Int32Column, Int64Column } from '../../columns/column.ts';
import { beginValue, type ColumnWriter, fixedSize } from './column-writer.ts';
import { EPOCH_DAYS, EPOCH_HIGH, EPOCH_LOW, INT32_MAX, INT32_MIN } from './epoch.ts';

export function int32Writer({ values, valid }: Int32Column, size: 1 | 2 | 4): ColumnWriter {
  return {
    ...fixedSize(size, valid),
    write(frame, count, row) {
      const { view } = frame;
      for (let index = 0; index < count; index++) {
        const at = beginValue(frame, index, valid, row + index, size);
        if (at < 0) continue;
        const value = values[row + index] ?? 0;
        if (size === 4) view.setInt32(at, value);
        else if (size === 2) view.setInt16(at, value);
        else view.setInt8(at, value);
      }
    },
  };
}

/** Days before PostgreSQL's first one become one that it refuses, and not by overflow one that it takes. */
export function dateWriter({ values, valid }: Int32Column): ColumnWriter {
  return {
    ...fixedSize(4, valid),
    write(frame, count, row) {
      for (let index = 0; index < count; index++) {
        const at = beginValue(frame, index, valid, row + index, 4);
        if (at < 0) continue;
        const days = values[row + index] ?? 0;
        const infinite = days === INT32_MAX || days === INT32_MIN;
        frame.view.setInt32(at, infinite ? days : Math.max(days - EPOCH_DAYS, INT32_MIN + 1));
      }
    },
  };
}

export function int64Writer({ values, valid }: Int64Column): ColumnWriter {
  return {
    ...fixedSize(8, valid),
    write(frame, count, row) {
      const { view } = frame;
      for (let index = 0; index < count; index++) {
        const at = beginValue(frame, index, valid, row + index, 8);
        if (at < 0) continue;
        view.setInt32(at, values[2 * (row + index) + 1] ?? 0);
        view.setInt32(at + 4, values[2 * (row + index)] ?? 0);
      }
    },
  };
}

/** Microseconds before PostgreSQL's first ones become some that it refuses, and not by overflow some that it takes. */
export function timestampWriter({ values, valid }: Int64Column): ColumnWriter {
  return {
    ...fixedSize(8, valid),
    write(frame, count, row) {
      const { view } = frame;
      for (let index = 0; index < count; index++) {
        const at = beginValue(frame, index, valid, row + index, 8);
        if (at < 0) continue;
        let low = values[2 * (row + index)] ?? 0;
        let high = values[2 * (row + index) + 1] ?? 0;
        const infinite = (high === INT32_MAX && low === -1) || (high === INT32_MIN && low === 0);
        if (!infinite) {
          low = (low >>> 0) - EPOCH_LOW;
          high = Math.max(high - EPOCH_HIGH - (low < 0 ? 1 : 0), INT32_MIN + 1);
        }
        view.setInt32(at, high);
        view.setInt32(at + 4, low);
      }
    },
  };
}

export function floatWriter({ values, valid }: Float64Column, size: 4 | 8): ColumnWriter {
  return {
    ...fixedSize(size, valid),
    write(frame, count, row) {
      const { view } = frame;
      for (let index = 0; index < count; index++) {
        const at = beginValue(frame, index, valid, row + index, size);
        if (at < 0) continue;
        if (size === 8) view.setFloat64(at, values[row + index] ?? 0);
        else view.setFloat32(at, values[row + index] ?? 0);
      }
    },
  };
}
