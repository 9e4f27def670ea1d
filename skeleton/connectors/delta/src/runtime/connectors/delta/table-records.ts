import { join } from 'node:path';
import type { Column } from '../../columns/column.ts';
import { Columns } from '../../columns/columns.ts';
import { columnFromValues, conformColumns } from '../../columns/conform.ts';
import type { ConversionFailure } from '../../columns/rows.ts';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { readParquet, readParquetSchema } from '../../formats/parquet/index.ts';
import { type Field, fieldNames, sameType, type TableSchema } from '../../schema/table-schema.ts';
import { type AddFile, filePath } from './actions.ts';
import { storedType } from './schema-string.ts';

/**
 * The records of a table at one version, as columns of `schema`; they are good until the next ones are asked for.
 *
 * @throws PipelineError `UNREADABLE` when a data file holds what its column cannot be
 */
export async function* readTableRecords(
  table: string,
  files: Iterable<AddFile>,
  schema: TableSchema,
): AsyncGenerator<Columns> {
  for (const { path, partitionValues } of files) {
    const file = join(table, filePath({ path }));
    const present = fieldNames(await readParquetSchema(file));
    const names = fieldNames(schema).filter((name) => present.includes(name));
    // A file needs a column to be counted by.
    const columns = names.length === 0 ? present.slice(0, 1) : names;
    for await (const { columns: part, release } of readParquet(file, { columns })) {
      const whole = schema.fields.map((field) =>
        names.includes(field.name)
          ? asStored(part.column(field.name), field)
          : constant(field, partitionValues?.[field.name], part.length, file),
      );
      const stored = new Columns({ fields: whole.map((column) => column.field) }, whole, part.length);
      const { columns: conformed, failures } = conformColumns(stored, nullable(schema));
      if (failures[0] !== undefined) throw unreadable(file, failures[0]);
      yield conformed;
      release();
    }
  }
}

/** Texts that stand for a type which Delta does not have are that type again. */
function asStored(column: Column, field: Field): Column {
  const standsFor =
    column.storage === 'bytes' && column.field.type.kind === 'string' && !sameType(storedType(field.type), field.type);
  return standsFor && field.type.kind !== 'time' ? { ...column, field: { ...field, nullable: true } } : column;
}

/** A column that is not in the file: that of a partition, or one that the table got later. */
function constant(field: Field, value: string | null | undefined, length: number, file: string): Column {
  const failures = new Map<number, ConversionFailure>();
  const values = new Array<unknown>(length).fill(value ?? null);
  const column = columnFromValues({ ...field, nullable: true }, values, failures);
  const failure = failures.get(0);
  if (failure !== undefined) throw unreadable(file, failure);
  return column;
}

function nullable({ fields }: TableSchema): TableSchema {
  return { fields: fields.map((field) => ({ ...field, nullable: true })) };
}

function unreadable(file: string, { column, message }: ConversionFailure): PipelineError {
  return new PipelineError('UNREADABLE', `${file}: ${column} ${message}.`, { where: { file, column } });
}
