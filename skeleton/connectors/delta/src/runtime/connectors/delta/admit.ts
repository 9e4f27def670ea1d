import type { Columns } from '../../columns/columns.ts';
import { hasSchema } from '../../columns/conform.ts';
import { type ConversionFailure, rowsFromColumns } from '../../columns/rows.ts';
import { findUnwritable } from '../../formats/parquet/fixed-values.ts';
import type { Batch, Rejection } from '../../pipeline/batch.ts';
import type { TableSchema } from '../../schema/table-schema.ts';
import { findUnpartitionable } from './partitions.ts';

export interface Admitted {
  readonly columns: Columns;
  readonly rejections: readonly Rejection[];
}

/** Divides a batch into the records that a table can hold, as columns, and those that it cannot, with the reason. */
export function admit(batch: Batch, schema: TableSchema, partitionColumns: readonly string[]): Admitted {
  const columnar = batch.toColumns(schema);
  const columns = columnar.columns();
  const converted = columnar === batch ? [] : columnar.rejections;
  if (!hasSchema(columns, schema)) throw new TypeError('The batch has other columns than the loader was prepared for.');
  const failures = new Map<number, ConversionFailure>();
  for (const failure of findUnwritable(columns, schema)) failures.set(failure.index, failure);
  for (const failure of findUnpartitionable(columns, partitionColumns)) failures.set(failure.index, failure);
  if (failures.size === 0) return { columns, rejections: converted };
  const kept = Array.from({ length: columns.length }, (_, index) => index).filter((index) => !failures.has(index));
  const refused = Array.from(failures.values(), (failure) => toRejection(columnar, columns, failure));
  return { columns: columns.take(kept), rejections: [...converted, ...refused] };
}

function toRejection(batch: Batch, columns: Columns, { index, column, message }: ConversionFailure): Rejection {
  const [record] = rowsFromColumns(columns.slice(index, index + 1));
  return { record, rowNumber: batch.rowNumber(index), column, message };
}
