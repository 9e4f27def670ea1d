import type { Column } from '../../columns/column.ts';
import { Columns } from '../../columns/columns.ts';
import { columnFromValues } from '../../columns/conform.ts';
import { readValues } from '../../columns/read-values.ts';
import { type Field, sameType, type TableSchema } from '../../schema/table-schema.ts';
import { storedType } from './schema-string.ts';

/** The columns that data files have: those of the table without the partition columns, in Delta's types. */
export function storedSchema(schema: TableSchema, partitionColumns: readonly string[]): TableSchema {
  const fields = schema.fields.filter((field) => !partitionColumns.includes(field.name));
  return { fields: fields.map(storedField) };
}

function storedField(field: Field): Field {
  return { ...field, type: storedType(field.type) };
}

/** The records as data files hold them. Only times are rewritten; all the rest is shared. */
export function toStoredColumns(columns: Columns, schema: TableSchema): Columns {
  const stored = schema.fields.map((field) => toStoredColumn(columns.column(field.name), field, columns.length));
  return new Columns(schema, stored, columns.length);
}

function toStoredColumn(column: Column, field: Field, length: number): Column {
  if (sameType(column.field.type, field.type)) return column;
  if (column.storage === 'bytes') return { ...column, field };
  return columnFromValues(field, readValues(column, length), new Map());
}
