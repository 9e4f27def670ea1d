import type { BytesColumn, Column, Float64Column, Int32Column, Int64Column } from '../../columns/column.ts';
import { reserveBytes } from '../../columns/column.ts';
import { formatTimestamp } from '../../columns/timestamps.ts';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { describeType } from '../../schema/table-schema.ts';
import { EPOCH_DAYS, EPOCH_HIGH, EPOCH_LOW, EPOCH_MICROSECONDS, INT32_MAX, INT32_MIN, WORD } from './epoch.ts';
import { numericTextSize, readScaled, readScaledBigInt, requireNumeric, writeNumericText } from './numeric.ts';
import type { Wire } from './types.ts';

/** Bytes from the wire, and where in them the values of one column begin; each is preceded by its 32-bit length. */
export interface WireValues {
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly positions: Int32Array;
}

/** Moves `count` values from the wire into a column, from its value `row` on. */
export type ColumnReader = (values: WireValues, count: number, row: number) => void;

/** Told of a value that its column cannot hold, and of its text; the column holds an empty value instead. */
export type ReportUnfit = (row: number, message: string, text: string) => void;

/** Length of a NULL. */
const NULL = -1;
/** Shorter byte strings are copied faster in a loop than by a call. */
const SHORT = 48;

/**
 * What fills this column from values of that wire format. One tight loop a column and a stretch of rows: all
 * decisions are taken before the loop.
 */
export function columnReader(wire: Wire, column: Column, reportUnfit: ReportUnfit): ColumnReader {
  switch (column.storage) {
    case 'int32':
      if (wire === 'bool') return boolReader(column);
      if (wire === 'int2') return int16Reader(column);
      if (wire === 'int4') return int32Reader(column);
      if (wire === 'date') return dateReader(column);
      break;
    case 'int64':
      if (wire === 'int8' || wire === 'time') return int64Reader(column);
      if (wire === 'timestamp') return timestampReader(column, reportUnfit);
      if (wire === 'numeric') return scaledReader(column, reportUnfit);
      break;
    case 'float64':
      if (wire === 'float4') return float32Reader(column);
      if (wire === 'float8') return float64Reader(column);
      break;
    case 'bytes':
      if (wire === 'text' || wire === 'bytea') return bytesReader(column, 0);
      if (wire === 'jsonb') return bytesReader(column, JSONB_VERSION_SIZE);
      if (wire === 'uuid') return uuidReader(column);
      if (wire === 'numeric') return numericTextReader(column);
      break;
  }
  throw new PipelineError('INTERNAL', `PostgreSQL's ${wire} cannot be read as ${describeType(column.field.type)}.`);
}

/** Notes whether value `row` is there. */
function isPresent(valid: Uint8Array | undefined, row: number, view: DataView, at: number): boolean {
  if (valid === undefined) return true;
  const present = view.getInt32(at - 4) !== NULL;
  valid[row] = present ? 1 : 0;
  return present;
}

function boolReader({ values, valid }: Int32Column): ColumnReader {
  return ({ bytes, view, positions }, count, row) => {
    for (let index = 0; index < count; index++) {
      const at = positions[index] ?? 0;
      if (isPresent(valid, row + index, view, at)) values[row + index] = bytes[at] ?? 0;
    }
  };
}

function int16Reader({ values, valid }: Int32Column): ColumnReader {
  return ({ view, positions }, count, row) => {
    for (let index = 0; index < count; index++) {
      const at = positions[index] ?? 0;
      if (isPresent(valid, row + index, view, at)) values[row + index] = view.getInt16(at);
    }
  };
}

function int32Reader({ values, valid }: Int32Column): ColumnReader {
  return ({ view, positions }, count, row) => {
    for (let index = 0; index < count; index++) {
      const at = positions[index] ?? 0;
      if (isPresent(valid, row + index, view, at)) values[row + index] = view.getInt32(at);
    }
  };
}

function dateReader({ values, valid }: Int32Column): ColumnReader {
  return ({ view, positions }, count, row) => {
    for (let index = 0; index < count; index++) {
      const at = positions[index] ?? 0;
      if (!isPresent(valid, row + index, view, at)) continue;
      const days = view.getInt32(at);
      values[row + index] = days === INT32_MAX || days === INT32_MIN ? days : days + EPOCH_DAYS;
    }
  };
}

function int64Reader({ values, valid }: Int64Column): ColumnReader {
  return ({ view, positions }, count, row) => {
    for (let index = 0; index < count; index++) {
      const at = positions[index] ?? 0;
      if (!isPresent(valid, row + index, view, at)) continue;
      const to = 2 * (row + index);
      values[to] = view.getInt32(at + 4);
      values[to + 1] = view.getInt32(at);
    }
  };
}

function timestampReader({ values, valid, field }: Int64Column, reportUnfit: ReportUnfit): ColumnReader {
  const zone = field.type.kind === 'timestamp' && field.type.zone;
  return ({ view, positions }, count, row) => {
    for (let index = 0; index < count; index++) {
      const at = positions[index] ?? 0;
      if (!isPresent(valid, row + index, view, at)) continue;
      const to = 2 * (row + index);
      let high = view.getInt32(at);
      let low = view.getUint32(at + 4);
      const infinite = (high === INT32_MAX && low === WORD - 1) || (high === INT32_MIN && low === 0);
      if (!infinite) {
        low += EPOCH_LOW;
        high += EPOCH_HIGH + (low >= WORD ? 1 : 0);
        if (high > INT32_MAX) {
          const text = formatTimestamp(view.getBigInt64(at) + EPOCH_MICROSECONDS, zone);
          reportUnfit(row + index, 'lies after 294247-01-10, the last day that 64 bits of microseconds reach', text);
          high = low = 0;
        }
      }
      values[to] = low | 0;
      values[to + 1] = high;
    }
  };
}

function scaledReader({ values, valid, field }: Int64Column, reportUnfit: ReportUnfit): ColumnReader {
  const scale = (field.type.kind === 'decimal' ? field.type.scale : undefined) ?? 0;
  const readSlowly = (view: DataView, at: number, row: number): void => {
    const value = readScaledBigInt(view, at, scale);
    if (value === undefined) reportUnfit(row, `is NaN, which ${describeType(field.type)} cannot hold`, 'NaN');
    values[2 * row] = Number(BigInt.asIntN(32, value ?? 0n));
    values[2 * row + 1] = Number((value ?? 0n) >> 32n);
  };
  return ({ view, positions }, count, row) => {
    for (let index = 0; index < count; index++) {
      const at = positions[index] ?? 0;
      if (!isPresent(valid, row + index, view, at)) continue;
      requireNumeric(view, at);
      const value = readScaled(view, at, scale);
      if (Number.isNaN(value)) {
        readSlowly(view, at, row + index);
        continue;
      }
      const to = 2 * (row + index);
      values[to] = value | 0;
      values[to + 1] = Math.floor(value / WORD);
    }
  };
}

function float32Reader({ values, valid }: Float64Column): ColumnReader {
  return ({ view, positions }, count, row) => {
    for (let index = 0; index < count; index++) {
      const at = positions[index] ?? 0;
      if (isPresent(valid, row + index, view, at)) values[row + index] = view.getFloat32(at);
    }
  };
}

function float64Reader({ values, valid }: Float64Column): ColumnReader {
  return ({ view, positions }, count, row) => {
    for (let index = 0; index < count; index++) {
      const at = positions[index] ?? 0;
      if (isPresent(valid, row + index, view, at)) values[row + index] = view.getFloat64(at);
    }
  };
}

/** A byte before the text of each jsonb. */
const JSONB_VERSION_SIZE = 1;

function bytesReader(column: BytesColumn, skip: number): ColumnReader {
  const { offsets, valid } = column;
  return ({ bytes, view, positions }, count, row) => {
    let end = offsets[row] ?? 0;
    const target = reserveBytes(column, end + bytes.length);
    const words = new DataView(target.buffer, target.byteOffset, target.length);
    for (let index = 0; index < count; index++) {
      let at = positions[index] ?? 0;
      if (isPresent(valid, row + index, view, at)) {
        const stop = at + view.getInt32(at - 4);
        at += skip;
        if (stop - at < SHORT) {
          for (; at + 4 <= stop; at += 4, end += 4) words.setInt32(end, view.getInt32(at));
          while (at < stop) target[end++] = bytes[at++] ?? 0;
        } else {
          end += bytes.copy(target, end, at, stop);
        }
      }
      offsets[row + index + 1] = end;
    }
  };
}

const HEXADECIMAL = Buffer.from('0123456789abcdef', 'latin1');
const UUID_SIZE = 36;
/** Bytes of a uuid that a dash stands before. */
const DASHES = new Set([4, 6, 8, 10]);

function uuidReader(column: BytesColumn): ColumnReader {
  const { offsets, valid } = column;
  return ({ bytes, view, positions }, count, row) => {
    let end = offsets[row] ?? 0;
    const target = reserveBytes(column, end + UUID_SIZE * count);
    for (let index = 0; index < count; index++) {
      const at = positions[index] ?? 0;
      if (isPresent(valid, row + index, view, at)) {
        for (let byte = 0; byte < 16; byte++) {
          if (DASHES.has(byte)) target[end++] = 45;
          const value = bytes[at + byte] ?? 0;
          target[end++] = HEXADECIMAL[value >> 4] ?? 0;
          target[end++] = HEXADECIMAL[value & 15] ?? 0;
        }
      }
      offsets[row + index + 1] = end;
    }
  };
}

function numericTextReader(column: BytesColumn): ColumnReader {
  const { offsets, valid } = column;
  return ({ view, positions }, count, row) => {
    let end = offsets[row] ?? 0;
    for (let index = 0; index < count; index++) {
      const at = positions[index] ?? 0;
      if (isPresent(valid, row + index, view, at)) {
        requireNumeric(view, at);
        const target = reserveBytes(column, end + numericTextSize(view, at));
        end = writeNumericText(view, at, target, end);
      }
      offsets[row + index + 1] = end;
    }
  };
}
