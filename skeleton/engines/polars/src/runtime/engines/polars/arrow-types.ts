import {
  Binary,
  Bool,
  DataType,
  DateDay,
  Decimal,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  TimeMicrosecond,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow';
import { PipelineError } from '../../errors/pipeline-error.ts';
import type { LogicalType } from '../../schema/table-schema.ts';

/** Digits of the largest decimal that polars has. */
const DECIMAL_DIGITS = 38;

/** The Arrow type in which a column goes to polars. Types that polars does not have go as text. */
export function toArrowType(type: LogicalType): DataType {
  switch (type.kind) {
    case 'boolean':
      return new Bool();
    case 'int16':
      return new Int16();
    case 'int32':
      return new Int32();
    case 'int64':
      return new Int64();
    case 'float32':
      return new Float32();
    case 'float64':
      return new Float64();
    case 'decimal':
      return isText(type) ? new Utf8() : new Decimal(type.scale ?? 0, type.precision ?? DECIMAL_DIGITS);
    case 'string':
    case 'json':
    case 'uuid':
      return new Utf8();
    case 'binary':
      return new Binary();
    case 'date':
      return new DateDay();
    case 'time':
      return new TimeMicrosecond();
    case 'timestamp':
      return new TimestampMicrosecond(type.zone ? 'UTC' : null);
  }
}

/** Whether a column is text in polars: strings, json, uuid and decimals of any size. */
export function isText(type: LogicalType): boolean {
  if (type.kind === 'decimal') return type.precision === undefined || type.precision > DECIMAL_DIGITS;
  return type.kind === 'string' || type.kind === 'json' || type.kind === 'uuid';
}

/**
 * The column type of what comes back from polars.
 *
 * @param before type of the column of that name that went to polars: its text stays json, uuid or decimal
 * @throws PipelineError `INTERNAL` for a type that no column has
 */
export function fromArrowType(name: string, type: DataType, before: LogicalType | undefined): LogicalType {
  if (DataType.isNull(type)) return before ?? { kind: 'string' };
  if (DataType.isUtf8View(type) || DataType.isUtf8(type) || DataType.isLargeUtf8(type)) {
    return before !== undefined && isText(before) ? before : { kind: 'string' };
  }
  if (DataType.isBinaryView(type) || DataType.isBinary(type) || DataType.isLargeBinary(type)) return { kind: 'binary' };
  if (DataType.isBool(type)) return { kind: 'boolean' };
  if (DataType.isInt(type)) return integerType(type.isSigned ? type.bitWidth : type.bitWidth + 1);
  if (DataType.isFloat(type)) return { kind: type.ArrayType === Float32Array ? 'float32' : 'float64' };
  if (DataType.isDecimal(type)) return { kind: 'decimal', precision: type.precision, scale: type.scale };
  if (DataType.isDate(type)) return { kind: 'date' };
  if (DataType.isTime(type)) return { kind: 'time' };
  if (DataType.isTimestamp(type)) return { kind: 'timestamp', zone: (type.timezone ?? '') !== '' };
  throw new PipelineError('INTERNAL', `Column ${name} comes back from polars as ${type}, which no column can hold.`, {
    where: { column: name },
    hint: 'Cast it in the transformer, to pl.String or pl.Int64 for example, or leave it out.',
  });
}

/** @param bits that a signed integer needs for the values */
function integerType(bits: number): LogicalType {
  if (bits <= 16) return { kind: 'int16' };
  if (bits <= 32) return { kind: 'int32' };
  return bits <= 64 ? { kind: 'int64' } : { kind: 'decimal', precision: 20, scale: 0 };
}
