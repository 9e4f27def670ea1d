import type { SchemaElement } from 'hyparquet';
import type { Field, LogicalType, TableSchema } from '../../schema/table-schema.ts';

/** Decimals of more digits have no Parquet type that every reader knows; they are written as text. */
export const DECIMAL_DIGITS = 38;

type ElementType = Pick<
  SchemaElement,
  'type' | 'type_length' | 'converted_type' | 'logical_type' | 'precision' | 'scale'
>;

/** The footer's schema of a flat file: its root and one element a column. */
export function toSchemaElements(schema: TableSchema): SchemaElement[] {
  return [{ name: 'schema', num_children: schema.fields.length }, ...schema.fields.map(toSchemaElement)];
}

export function toSchemaElement({ name, type, nullable }: Field): SchemaElement {
  return { name, repetition_type: nullable ? 'OPTIONAL' : 'REQUIRED', ...elementType(type) };
}

function elementType(type: LogicalType): ElementType {
  switch (type.kind) {
    case 'boolean':
      return { type: 'BOOLEAN' };
    case 'int16':
      return { type: 'INT32', converted_type: 'INT_16' };
    case 'int32':
      return { type: 'INT32' };
    case 'int64':
      return { type: 'INT64' };
    case 'float32':
      return { type: 'FLOAT' };
    case 'float64':
      return { type: 'DOUBLE' };
    case 'decimal':
      return decimalType(type.precision, type.scale ?? 0);
    case 'string':
      return { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };
    case 'json':
      return { type: 'BYTE_ARRAY', converted_type: 'JSON', logical_type: { type: 'JSON' } };
    case 'uuid':
      return { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, logical_type: { type: 'UUID' } };
    case 'binary':
      return { type: 'BYTE_ARRAY' };
    case 'date':
      return { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } };
    case 'time':
      return { type: 'INT64', logical_type: { type: 'TIME', isAdjustedToUTC: false, unit: 'MICROS' } };
    case 'timestamp':
      return {
        type: 'INT64',
        ...(type.zone && { converted_type: 'TIMESTAMP_MICROS' as const }),
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: type.zone, unit: 'MICROS' },
      };
  }
}

function decimalType(precision: number | undefined, scale: number): ElementType {
  if (precision === undefined || precision > DECIMAL_DIGITS || scale < 0 || scale > precision) {
    return elementType({ kind: 'string' });
  }
  const decimal = {
    converted_type: 'DECIMAL',
    logical_type: { type: 'DECIMAL', precision, scale },
    precision,
    scale,
  } as const;
  return precision <= 18
    ? { type: 'INT64', ...decimal }
    : { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, ...decimal };
}
