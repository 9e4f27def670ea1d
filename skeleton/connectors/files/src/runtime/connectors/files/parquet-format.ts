import type { Columns } from '../../columns/columns.ts';
import { conformColumns } from '../../columns/conform.ts';
import { rowsFromColumns } from '../../columns/rows.ts';
import { readParquet, readParquetSchema } from '../../formats/parquet/index.ts';
import type { Row } from '../../pipeline/batch.ts';
import { fieldNames } from '../../schema/table-schema.ts';
import type { FilesSource } from './options.ts';
import type { ReadRequest, RecordGroup } from './record-group.ts';
import { requireKnownColumns } from './require-known-columns.ts';
import type { SourceFile } from './source-files.ts';

/** The records of a Parquet file. Its position counts records only. */
export async function* readParquetRecords(
  file: SourceFile,
  _options: FilesSource,
  { schema, row: fromRow, batchSize }: ReadRequest,
): AsyncGenerator<RecordGroup> {
  const given = fieldNames(await readParquetSchema(file.path));
  if (schema !== undefined) requireKnownColumns(file, given, schema);
  const names = schema === undefined ? given : fieldNames(schema).filter((name) => given.includes(name));
  let row = fromRow;
  const options = { columns: names, fromRow, batchRows: batchSize };
  for await (const { columns, release } of readParquet(file.path, options)) {
    const firstRow = row + 1;
    row += columns.length;
    const group =
      schema === undefined ? { columns, rejections: [], rowNumbers: firstRow } : conform(columns, schema, firstRow);
    yield { ...group, row, offset: 0, bytes: 0, last: false, release };
  }
}

function conform(part: Columns, schema: NonNullable<ReadRequest['schema']>, firstRow: number) {
  const { columns, failures } = conformColumns(part, schema);
  if (failures.length === 0) return { columns, rejections: [], rowNumbers: firstRow };
  const failed = new Set(failures.map(({ index }) => index));
  const rejections = failures.map(({ index, column, message }) => ({
    record: rowsFromColumns<Row>(part.slice(index, index + 1))[0],
    rowNumber: firstRow + index,
    column,
    message: `${column} ${message}`,
  }));
  const rowNumbers: number[] = [];
  for (let index = 0; index < part.length; index++) if (!failed.has(index)) rowNumbers.push(firstRow + index);
  return { columns, rejections, rowNumbers };
}
