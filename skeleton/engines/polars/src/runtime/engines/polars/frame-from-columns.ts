import { BufferType, Data, Field, RecordBatch, Schema, Struct, Table, tableToIPC } from 'apache-arrow';
import type { BytesColumn, Column, Float64Column, Int32Column, Int64Column } from '../../columns/column.ts';
import type { Columns } from '../../columns/columns.ts';
import { isText, toArrowType } from './arrow-types.ts';
import { packBitmap } from './bitmaps.ts';
import { parseDecimals, widenDecimals } from './decimals.ts';
import { type DataFrame, pl } from './polars.ts';

/**
 * The columns as a polars frame, value for value, by way of Arrow's interchange format.
 *
 * @throws ValueError for a decimal of more than 18 digits that polars cannot hold (`NaN`)
 */
export function frameFromColumns({ columns, length }: Columns): DataFrame {
  if (columns.length === 0) return pl.DataFrame();
  const fields = columns.map(({ field }) => new Field(field.name, toArrowType(field.type), true));
  const children = columns.map((column) => toArrowData(column, length));
  const schema = new Schema(fields);
  const data = new Data(new Struct(fields), 0, length, 0, undefined, children);
  const table = new Table(schema, new RecordBatch(schema, data));
  const { buffer, byteOffset, byteLength } = tableToIPC(table, 'file');
  return pl.readIPC(Buffer.from(buffer, byteOffset, byteLength));
}

interface Buffers {
  readonly values: NodeJS.TypedArray;
  readonly offsets?: Int32Array;
}

function toArrowData(column: Column, length: number): Data {
  const { values, offsets } = toBuffers(column, length);
  const nullCount = column.valid === undefined ? 0 : countNulls(column.valid, length);
  return new Data(toArrowType(column.field.type), 0, length, nullCount, {
    [BufferType.DATA]: values,
    ...(offsets && { [BufferType.OFFSET]: offsets }),
    ...(column.valid && nullCount > 0 && { [BufferType.VALIDITY]: packBitmap(column.valid, length) }),
  });
}

function countNulls(valid: Uint8Array, length: number): number {
  let present = 0;
  for (let index = 0; index < length; index++) present += valid[index] ?? 0;
  return length - present;
}

function toBuffers(column: Column, length: number): Buffers {
  switch (column.storage) {
    case 'int32':
      return { values: toIntegers(column, length) };
    case 'int64':
      return { values: toLongs(column, length) };
    case 'float64':
      return { values: toFloats(column, length) };
    case 'bytes':
      return toBytes(column, length);
  }
}

function toIntegers({ field, values }: Int32Column, length: number): Uint8Array | Int16Array | Int32Array {
  if (field.type.kind === 'boolean') return packBitmap(values, length);
  return field.type.kind === 'int16' ? Int16Array.from(values.subarray(0, length)) : values.subarray(0, length);
}

function toLongs(column: Int64Column, length: number): Uint32Array | BigInt64Array {
  if (column.field.type.kind === 'decimal') return widenDecimals(column, length);
  const values = column.values.subarray(0, 2 * length);
  const aligned = values.byteOffset % BigInt64Array.BYTES_PER_ELEMENT === 0 ? values : values.slice();
  return new BigInt64Array(aligned.buffer, aligned.byteOffset, length);
}

function toFloats({ field, values }: Float64Column, length: number): Float32Array | Float64Array {
  const given = values.subarray(0, length);
  return field.type.kind === 'float32' ? Float32Array.from(given) : given;
}

function toBytes(column: BytesColumn, length: number): Buffers {
  const { type } = column.field;
  if (type.kind === 'decimal' && !isText(type)) return { values: parseDecimals(column, type, length) };
  const start = column.offsets[0] ?? 0;
  const end = column.offsets[length] ?? start;
  const offsets = column.offsets.subarray(0, length + 1);
  return {
    values: column.bytes.subarray(start, end),
    offsets: start === 0 ? offsets : offsets.map((offset) => offset - start),
  };
}
