import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Column } from '../../columns/column.ts';
import { Columns } from '../../columns/columns.ts';
import { columnFromValues } from '../../columns/conform.ts';
import { readText } from '../../columns/read-values.ts';
import { PipelineError } from '../../errors/pipeline-error.ts';
import type { Field, TableSchema } from '../../schema/table-schema.ts';
import type { Comparable, Comparison } from '../../verify/comparable.ts';
import { StreamedRecords } from '../../verify/streamed-records.ts';
import { fileFormat } from './file-formats.ts';
import { type FilesSink, sourceOptions } from './options.ts';
import type { SourceFile } from './source-files.ts';
import { TableFolder } from './table-folder.ts';

const BATCH_RECORDS = 20_000;

/** The files of a resource, its shards and its replays; other resources may have theirs in the same folder. */
export async function comparableTable(
  table: TableFolder,
  resource: string,
  options: FilesSink,
  comparison: Comparison,
): Promise<Comparable> {
  const paths: string[] = [];
  for (const stream of (await table.streams()).filter((name) => isPartOf(name, resource))) {
    const parts = await new TableFolder(table.path, stream).parts();
    paths.push(...parts.map(({ name }) => join(table.path, name)));
  }
  return new StreamedRecords(comparison, () => readTableRecords(paths, options, comparison.schema));
}

/** Whether a stream is that of a resource (`shop/orders`), of a shard (`shop/orders#0of2`) or a replay (`shop/orders/replay`). */
function isPartOf(stream: string, resource: string): boolean {
  return stream.startsWith(resource) && ['', '#', '/'].includes(stream.charAt(resource.length));
}

/**
 * The records of finished files, as columns of `schema`; they are good until the next ones are asked for.
 *
 * @throws PipelineError `UNREADABLE` when a file holds what its column cannot be
 */
export async function* readTableRecords(
  paths: readonly string[],
  { format, compression }: FilesSink,
  schema: TableSchema,
): AsyncGenerator<Columns> {
  const options = sourceOptions.parse({ path: '*', format });
  const asked = { fields: schema.fields.map((field) => fieldInFile(field, format)) };
  for (const path of paths) {
    const { size, mtimeMs, ctimeMs } = await stat(path);
    const file: SourceFile = { path, name: path, modified: mtimeMs, arrived: ctimeMs, size, format, compression };
    const request = { schema: asked, row: 0, offset: 0, batchSize: BATCH_RECORDS };
    for await (const { columns, rejections, release } of fileFormat(file).read(file, options, request)) {
      const [rejection] = rejections;
      if (rejection !== undefined) throw unreadable(path, rejection.rowNumber, rejection.message);
      if (columns === undefined) throw new TypeError(`The records of ${path} came without columns.`);
      const decoded = schema.fields.map((field) => decode(columns.column(field.name), field, columns.length));
      yield new Columns({ fields: decoded.map((column) => column.field) }, decoded, columns.length);
      release?.();
    }
  }
}

/** Text files hold bytes in base64. */
function fieldInFile(field: Field, format: FilesSink['format']): Field {
  const encoded = format !== 'parquet' && field.type.kind === 'binary';
  return { ...field, nullable: true, ...(encoded && { type: { kind: 'string' } }) };
}

function decode(column: Column, field: Field, length: number): Column {
  if (field.type.kind !== 'binary' || column.storage !== 'bytes' || column.field.type.kind === 'binary') return column;
  const values = Array.from({ length }, (_, index) =>
    column.valid?.[index] === 0 ? null : Buffer.from(readText(column, index), 'base64'),
  );
  return columnFromValues({ ...field, nullable: true }, values, new Map());
}

function unreadable(file: string, row: number | undefined, message: string): PipelineError {
  const where = { file, ...(row !== undefined && { row }) };
  return new PipelineError('UNREADABLE', `${file}: ${message}.`, {
    where,
    hint: 'Somebody or something changed the file after it was loaded.',
  });
}
