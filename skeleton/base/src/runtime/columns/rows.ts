import { fieldNames, type TableSchema } from '../schema/table-schema.ts';
import type { Columns } from './columns.ts';
import { conformRecords } from './conform.ts';
import { makeRows } from './make-rows.ts';
import { readValues } from './read-values.ts';
import { RowRecords } from './row-records.ts';

/** A value that does not fit its column. */
export interface ConversionFailure {
  readonly index: number;
  readonly column: string;
  readonly message: string;
}

/**
 * The records as plain objects, a property a column. What a value looks like: `read-values.ts`.
 *
 * The caller names the type of a row; whoever takes rows from outside checks them with a contract first.
 */
export function rowsFromColumns<T>(columns: Columns): readonly T[] {
  const values = columns.columns.map((column) => readValues(column, columns.length));
  return makeRows<T>(fieldNames(columns.schema), values, columns.length);
}

/**
 * The rows as columns of `schema`; properties that the schema does not name are left out.
 *
 * @returns the columns of the rows that fit, and a failure for the first bad value of each row that does not
 */
export function columnsFromRows(
  schema: TableSchema,
  rows: readonly Readonly<Record<string, unknown>>[],
): { columns: Columns; failures: ConversionFailure[] } {
  return conformRecords(new RowRecords(rows), schema);
}
