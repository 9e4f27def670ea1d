import type { Columns } from '../../columns/columns.ts';
import { findUnwritable } from '../../formats/parquet/index.ts';
import type { Batch, Rejection } from '../../pipeline/batch.ts';
import type { TableSchema } from '../../schema/table-schema.ts';
import type { FilesSink } from './options.ts';

/** Divides a batch into the records that a file can hold, as columns, and those that it cannot, with the reason. */
export function admit(
  batch: Batch,
  schema: TableSchema,
  { format }: FilesSink,
): { readonly columns: Columns; readonly rejections: readonly Rejection[] } {
  const columns = batch.columns();
  const failures = format === 'parquet' ? findUnwritable(columns, schema) : [];
  if (failures.length === 0) return { columns, rejections: [] };
  const failed = new Set(failures.map(({ index }) => index));
  const kept = Array.from({ length: columns.length }, (_, index) => index).filter((index) => !failed.has(index));
  const rejections = failures.map(({ index, column, message }) => ({
    record: batch.slice(index, index + 1).rows()[0],
    rowNumber: batch.rowNumber(index),
    column,
    message: `${column} ${message}`,
  }));
  return { columns: columns.take(kept), rejections };
}
