import type { FileMetaData, SchemaElement } from 'hyparquet';
import type { Field, LogicalType, TableSchema } from '../../schema/table-schema.ts';

/** A top-level column of a file. */
export interface FileColumn {
  readonly field: Field;
  readonly element: SchemaElement;
  /** Position of its chunk in each row group; `undefined` for lists, maps and structs, which have several. */
  readonly chunk: number | undefined;
}

/** The top-level columns of a file. Nested ones are json, those of types without a counterpart binary. */
export function fileColumns({ schema }: FileMetaData): FileColumn[] {
  const columns: FileColumn[] = [];
  let chunk = 0;
  let position = 1;
  while (position < schema.length) {
    const element = schema[position];
    if (element === undefined) break;
    const nullable = element.repetition_type !== 'REQUIRED';
    const end = endOfElement(schema, position);
    const leaves = schema.slice(position, end).filter((candidate) => !candidate.num_children).length;
    const flat = !element.num_children && element.repetition_type !== 'REPEATED';
    const type: LogicalType = flat ? logicalType(element) : { kind: 'json' };
    columns.push({ field: { name: element.name, type, nullable }, element, chunk: flat ? chunk : undefined });
    chunk += leaves;
    position = end;
  }
  return columns;
}

export function toTableSchema(columns: readonly FileColumn[]): TableSchema {
  return { fields: columns.map(({ field }) => field) };
}

/** The elements are the schema's tree, written down depth first. */
function endOfElement(schema: readonly SchemaElement[], position: number): number {
  let end = position + 1;
  for (let child = 0; child < (schema[position]?.num_children ?? 0); child++) end = endOfElement(schema, end);
  return end;
}

function logicalType(element: SchemaElement): LogicalType {
  const { logical_type: logical, converted_type: converted } = element;
  if (logical?.type === 'DECIMAL') return decimal(logical.precision, logical.scale);
  if (converted === 'DECIMAL') return decimal(element.precision, element.scale);
  switch (element.type) {
    case 'BOOLEAN':
      return { kind: 'boolean' };
    case 'INT32':
      return int32Type(element);
    case 'INT64':
      return int64Type(element);
    case 'INT96':
      return { kind: 'timestamp', zone: false };
    case 'FLOAT':
      return { kind: 'float32' };
    case 'DOUBLE':
      return { kind: 'float64' };
    case 'FIXED_LEN_BYTE_ARRAY':
      if (logical?.type === 'UUID') return { kind: 'uuid' };
      return logical?.type === 'FLOAT16' ? { kind: 'float32' } : { kind: 'binary' };
    default:
      if (logical?.type === 'JSON' || converted === 'JSON') return { kind: 'json' };
      if (logical?.type === 'STRING' || logical?.type === 'ENUM') return { kind: 'string' };
      return { kind: converted === 'UTF8' || converted === 'ENUM' ? 'string' : 'binary' };
  }
}

function decimal(precision: number | undefined, scale: number | undefined): LogicalType {
  return { kind: 'decimal', precision: precision ?? 38, scale: scale ?? 0 };
}

function int32Type({ logical_type: logical, converted_type: converted }: SchemaElement): LogicalType {
  if (logical?.type === 'DATE' || converted === 'DATE') return { kind: 'date' };
  if (logical?.type === 'TIME' || converted === 'TIME_MILLIS') return { kind: 'time' };
  const [bits, signed] = integerWidth(logical, converted) ?? [32, true];
  if (bits === 8 || (bits === 16 && signed)) return { kind: 'int16' };
  return { kind: bits === 32 && !signed ? 'int64' : 'int32' };
}

function int64Type({ logical_type: logical, converted_type: converted }: SchemaElement): LogicalType {
  if (logical?.type === 'TIMESTAMP') return { kind: 'timestamp', zone: logical.isAdjustedToUTC };
  if (converted === 'TIMESTAMP_MILLIS' || converted === 'TIMESTAMP_MICROS') return { kind: 'timestamp', zone: true };
  if (logical?.type === 'TIME' || converted === 'TIME_MICROS') return { kind: 'time' };
  const [, signed] = integerWidth(logical, converted) ?? [64, true];
  return signed ? { kind: 'int64' } : { kind: 'decimal', precision: 20, scale: 0 };
}

function integerWidth(
  logical: SchemaElement['logical_type'],
  converted: SchemaElement['converted_type'],
): [bits: number, signed: boolean] | undefined {
  if (logical?.type === 'INTEGER') return [logical.bitWidth, logical.isSigned];
  const match = /^(U?)INT_(\d+)$/.exec(converted ?? '');
  return match === null ? undefined : [Number(match[2]), match[1] === ''];
}

/** What times and timestamps count. */
export function timeUnit({ logical_type: logical, converted_type: converted }: SchemaElement) {
  if (logical?.type === 'TIME' || logical?.type === 'TIMESTAMP') return logical.unit;
  return converted === 'TIME_MILLIS' || converted === 'TIMESTAMP_MILLIS' ? 'MILLIS' : 'MICROS';
}
