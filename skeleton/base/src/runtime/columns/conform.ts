import { type Field, sameType, type TableSchema } from '../schema/table-schema.ts';
import { allocateColumn, type Column, nullIndices } from './column.ts';
import { columnFromTexts } from './column-from-texts.ts';
import { Columns } from './columns.ts';
import { convertColumn } from './convert-column.ts';
import { Properties, type Property } from './properties.ts';
import type { Records } from './records.ts';
import type { ConversionFailure } from './rows.ts';
import { ValueError, writeValue } from './write-values.ts';

export function hasSchema(columns: Columns, schema: TableSchema): boolean {
  return (
    columns.schema === schema ||
    (columns.schema.fields.length === schema.fields.length &&
      schema.fields.every((field, index) => isField(columns.columns[index], field)))
  );
}

function isField(column: Column | undefined, field: Field): boolean {
  return (
    column !== undefined &&
    column.field.name === field.name &&
    sameType(column.field.type, field.type) &&
    (field.nullable || column.valid === undefined)
  );
}

/**
 * The same records with exactly the columns of `schema`: in its order, converted where the types differ, NULL where
 * the source has no such column. Columns that are right already are shared, not copied.
 *
 * @returns the records that fit, and a failure for the first bad value of each record that does not
 */
export function conformColumns(
  columns: Columns,
  schema: TableSchema,
): { columns: Columns; failures: ConversionFailure[] } {
  if (hasSchema(columns, schema)) return { columns, failures: [] };
  return conformRecords(Properties.fromColumns(columns), schema);
}

/** The same of records in any form; properties that the schema does not name are left out. */
export function conformRecords(
  records: Records,
  schema: TableSchema,
): { columns: Columns; failures: ConversionFailure[] } {
  const failures = new Map<number, ConversionFailure>();
  const conformed = schema.fields.map((field) =>
    convert(records.property(field.name), field, records.length, failures),
  );
  return withoutFailures(new Columns(schema, conformed, records.length), failures);
}

/** The records that fit, and the failures of the others in their order. */
function withoutFailures(
  columns: Columns,
  failures: ReadonlyMap<number, ConversionFailure>,
): { columns: Columns; failures: ConversionFailure[] } {
  if (failures.size === 0) return { columns, failures: [] };
  const kept = Array.from({ length: columns.length }, (_, index) => index).filter((index) => !failures.has(index));
  const inOrder = [...failures.values()].sort((left, right) => left.index - right.index);
  return { columns: columns.take(kept), failures: inOrder };
}

function convert(
  property: Property | undefined,
  field: Field,
  length: number,
  failures: Map<number, ConversionFailure>,
): Column {
  const column = property?.column;
  if (column !== undefined && isField(column, field)) return column;
  if (column !== undefined && sameType(column.field.type, field.type))
    return requireValues(column, field, length, failures);
  const converted = column && convertColumn(column, field, length, writerOf(failures));
  if (converted !== undefined)
    return isField(converted, field) ? converted : requireValues(converted, field, length, failures);
  const values = property === undefined ? new Array<unknown>(length).fill(null) : property.values();
  return columnFromValues(field, values, failures);
}

/** The same values for a field that allows no NULL; nothing is copied. */
function requireValues(column: Column, field: Field, length: number, failures: Map<number, ConversionFailure>): Column {
  for (const index of nullIndices(column, length)) {
    if (!failures.has(index)) {
      failures.set(index, { index, column: field.name, message: 'is missing and may not be null' });
    }
  }
  return { ...column, field, valid: undefined };
}

/** Fills a column; a value that does not fit is left empty and noted, unless its record has failed already. */
export function columnFromValues(
  field: Field,
  values: readonly unknown[],
  failures: Map<number, ConversionFailure>,
): Column {
  const texts = columnFromTexts(field, values);
  if (texts !== undefined) return texts;
  const column = allocateColumn(field, values.length);
  const write = writerOf(failures);
  for (let index = 0; index < values.length; index++) write(column, index, values[index]);
  return column;
}

function writerOf(failures: Map<number, ConversionFailure>) {
  return (column: Column, index: number, value: unknown): void => {
    try {
      writeValue(column, index, value);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      writeValue(column, index, undefined, true);
      if (!failures.has(index)) failures.set(index, { index, column: column.field.name, message: error.message });
    }
  };
}
