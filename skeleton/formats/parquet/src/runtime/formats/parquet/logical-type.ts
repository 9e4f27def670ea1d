import type { LogicalType } from '../../schema/table-schema.ts';
import type { Annotation, SchemaElement } from './footer-model.ts';

/**
 * The type of a column that is no list, map or struct; binary where there is no counterpart.
 *
 * @throws RangeError when what the file says about it does not go together
 */
export function logicalType(element: SchemaElement): LogicalType {
  const annotation = annotationOf(element);
  switch (annotation?.type) {
    case 'STRING':
    case 'ENUM':
      return { kind: 'string' };
    case 'JSON':
      return { kind: 'json' };
    case 'UUID':
      return { kind: 'uuid' };
    case 'FLOAT16':
      return { kind: 'float32' };
    case 'DECIMAL':
      return { kind: 'decimal', precision: annotation.precision, scale: annotation.scale };
    case 'DATE':
      return { kind: 'date' };
    case 'TIME':
      return { kind: 'time' };
    case 'TIMESTAMP':
      return { kind: 'timestamp', zone: annotation.isAdjustedToUTC };
    case 'INTEGER':
      return integerType(annotation.bitWidth, annotation.isSigned);
    default:
      return plainType(element);
  }
}

function plainType({ type }: SchemaElement): LogicalType {
  switch (type) {
    case 'BOOLEAN':
      return { kind: 'boolean' };
    case 'INT32':
      return { kind: 'int32' };
    case 'INT64':
      return { kind: 'int64' };
    case 'INT96':
      return { kind: 'timestamp', zone: false };
    case 'FLOAT':
      return { kind: 'float32' };
    case 'DOUBLE':
      return { kind: 'float64' };
    default:
      return { kind: 'binary' };
  }
}

function integerType(bits: number, signed: boolean): LogicalType {
  if (bits === 64) return signed ? { kind: 'int64' } : { kind: 'decimal', precision: 20, scale: 0 };
  if (bits === 32) return { kind: signed ? 'int32' : 'int64' };
  return { kind: bits === 8 || signed ? 'int16' : 'int32' };
}

/** What times and timestamps count. */
export function timeUnit(element: SchemaElement): 'MILLIS' | 'MICROS' | 'NANOS' {
  const annotation = annotationOf(element);
  return annotation?.type === 'TIME' || annotation?.type === 'TIMESTAMP' ? annotation.unit : 'MICROS';
}

/** What the values mean, in the new words; older files have only the old ones, most have both. */
function annotationOf(element: SchemaElement): Annotation | undefined {
  const logical = element.logical_type;
  const converted = fromConverted(element);
  if (logical !== undefined && converted !== undefined && !sameAnnotation(logical, converted)) {
    throw new RangeError(`${element.name} is both ${logical.type} and ${element.converted_type}`);
  }
  const annotation = logical ?? converted;
  if (annotation !== undefined && !fits(annotation, element)) {
    throw new RangeError(`${element.name} is ${annotation.type} and stored as ${element.type}, which does not fit`);
  }
  if (annotation?.type !== 'DECIMAL' && (element.scale !== undefined || element.precision !== undefined)) {
    throw new RangeError(`${element.name} has the places of a decimal and is none`);
  }
  return annotation;
}

function fromConverted({ converted_type: converted, precision = 0, scale = 0 }: SchemaElement): Annotation | undefined {
  switch (converted) {
    case 'UTF8':
      return { type: 'STRING' };
    case 'ENUM':
    case 'JSON':
    case 'BSON':
    case 'DATE':
      return { type: converted };
    case 'DECIMAL':
      return { type: 'DECIMAL', precision, scale };
    case 'TIME_MILLIS':
    case 'TIME_MICROS':
      return { type: 'TIME', isAdjustedToUTC: true, unit: converted === 'TIME_MILLIS' ? 'MILLIS' : 'MICROS' };
    case 'TIMESTAMP_MILLIS':
    case 'TIMESTAMP_MICROS':
      return { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: converted === 'TIMESTAMP_MILLIS' ? 'MILLIS' : 'MICROS' };
    default: {
      const match = /^(U?)INT_(\d+)$/.exec(converted ?? '');
      return match === null ? undefined : { type: 'INTEGER', bitWidth: Number(match[2]), isSigned: match[1] === '' };
    }
  }
}

function sameAnnotation(left: Annotation, right: Annotation): boolean {
  if (left.type === 'DECIMAL' && right.type === 'DECIMAL') {
    return left.precision === right.precision && left.scale === right.scale;
  }
  if (left.type === 'INTEGER' && right.type === 'INTEGER') {
    return left.bitWidth === right.bitWidth && left.isSigned === right.isSigned;
  }
  if (left.type === 'TIMESTAMP' && right.type === 'TIMESTAMP') return left.unit === right.unit;
  if (left.type === 'TIME' && right.type === 'TIME') return left.unit === right.unit;
  return left.type === right.type;
}

function fits(annotation: Annotation, { type, type_length: length = 0 }: SchemaElement): boolean {
  switch (annotation.type) {
    case 'STRING':
    case 'ENUM':
    case 'JSON':
    case 'BSON':
      return type === 'BYTE_ARRAY';
    case 'UUID':
      return type === 'FIXED_LEN_BYTE_ARRAY' && length === 16;
    case 'FLOAT16':
      return type === 'FIXED_LEN_BYTE_ARRAY' && length === 2;
    case 'DATE':
      return type === 'INT32';
    case 'TIME':
      return type === (annotation.unit === 'MILLIS' ? 'INT32' : 'INT64');
    case 'TIMESTAMP':
      return type === 'INT64';
    case 'INTEGER':
      return [8, 16, 32, 64].includes(annotation.bitWidth) && type === (annotation.bitWidth === 64 ? 'INT64' : 'INT32');
    case 'DECIMAL':
      return fitsDecimal(annotation.precision, annotation.scale, type, length);
    default:
      return true;
  }
}

function fitsDecimal(precision: number, scale: number, type: SchemaElement['type'], length: number): boolean {
  if (!(precision > 0) || !(scale >= 0) || scale > precision) return false;
  if (type === 'BYTE_ARRAY') return true;
  const bytes = type === 'INT32' ? 4 : type === 'INT64' ? 8 : type === 'FIXED_LEN_BYTE_ARRAY' ? length : 0;
  return precision <= Math.floor((8 * bytes - 1) * Math.log10(2));
}
