import { type Data, DataType, TimeUnit } from 'apache-arrow';
import { allocateColumn, type Column, type Int64Column } from '../../columns/column.ts';
import { writeInt64 } from '../../columns/write-values.ts';
import type { Field } from '../../schema/table-schema.ts';
import { unpackBitmap } from './bitmaps.ts';
import { formatDecimal, narrowDecimals } from './decimals.ts';
import { copyOffsetTexts, copyViewTexts, writeTexts } from './texts-from-arrow.ts';

/** One column out of the record batches in which polars wrote it. */
export function columnFromArrow(field: Field, chunks: readonly Data[], length: number): Column {
  const hasNulls = chunks.some((chunk) => chunk.nullCount > 0);
  const column = allocateColumn({ ...field, nullable: hasNulls }, length);
  let start = 0;
  for (const chunk of chunks) {
    copyValidity(chunk, column, start);
    copyValues(chunk, column, start);
    start += chunk.length;
  }
  clearNulls(column, length);
  return { ...column, field: { ...field, nullable: field.nullable || hasNulls } };
}

function copyValidity(chunk: Data, { valid }: Column, start: number): void {
  if (valid === undefined || DataType.isNull(chunk.type)) return;
  if (chunk.nullCount === 0) valid.fill(1, start, start + chunk.length);
  else unpackBitmap(chunk.nullBitmap, chunk.length, valid, start);
}

function copyValues(chunk: Data, column: Column, start: number): void {
  if (column.storage === 'bytes') copyTexts(chunk, column, start);
  else if (DataType.isNull(chunk.type)) return;
  else if (column.storage === 'int64') copyLongs(chunk, column, start);
  else if (column.storage === 'int32' && DataType.isBool(chunk.type))
    unpackBitmap(chunk.values, chunk.length, column.values, start);
  else column.values.set(chunk.values.subarray(0, chunk.length), start);
}

function copyTexts(chunk: Data, column: Extract<Column, { storage: 'bytes' }>, start: number): void {
  const { type, values, length } = chunk;
  if (DataType.isNull(type)) writeTexts(column, start, length, () => undefined);
  else if (DataType.isDecimal(type)) {
    writeTexts(column, start, length, (index) => formatDecimal(values, index, type.scale));
  } else if (DataType.isInt(type)) writeTexts(column, start, length, (index) => String(values[index]));
  else if (DataType.isUtf8View(type) || DataType.isBinaryView(type)) copyViewTexts(chunk, column, start);
  else copyOffsetTexts(chunk, column, start);
}

function copyLongs({ type, values, length }: Data, column: Int64Column, start: number): void {
  const [multiplier, divisor] = microsecondScale(type);
  if (DataType.isDecimal(type)) column.values.set(narrowDecimals(values, length), 2 * start);
  else if (!(values instanceof BigInt64Array)) {
    for (let index = 0; index < length; index++) writeInt64(column, start + index, Number(values[index]));
  } else if (multiplier === divisor) {
    column.values.set(new Int32Array(values.buffer, values.byteOffset, 2 * length), 2 * start);
  } else {
    for (let index = 0; index < length; index++) {
      writeInt64(column, start + index, ((values[index] ?? 0n) * multiplier) / divisor);
    }
  }
}

/** What makes microseconds of the numbers of a time or timestamp; a finer fraction is cut off. */
function microsecondScale(type: DataType): readonly [multiplier: bigint, divisor: bigint] {
  if (!DataType.isTime(type) && !DataType.isTimestamp(type)) return [1n, 1n];
  switch (type.unit) {
    case TimeUnit.SECOND:
      return [1_000_000n, 1n];
    case TimeUnit.MILLISECOND:
      return [1000n, 1n];
    case TimeUnit.MICROSECOND:
      return [1n, 1n];
    case TimeUnit.NANOSECOND:
      return [1n, 1000n];
  }
}

/** Puts 0 under each NULL, where polars leaves what it likes. Texts have nothing there already. */
function clearNulls(column: Column, length: number): void {
  const { valid } = column;
  if (valid === undefined || column.storage === 'bytes') return;
  for (let index = 0; index < length; index++) {
    if (valid[index] === 1) continue;
    if (column.storage === 'int64') writeInt64(column, index, 0);
    else column.values[index] = 0;
  }
}
