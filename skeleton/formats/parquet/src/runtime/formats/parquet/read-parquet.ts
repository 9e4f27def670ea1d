import type { RowGroup } from 'hyparquet';
import { Columns } from '../../columns/columns.ts';
import { PipelineError } from '../../errors/pipeline-error.ts';
import type { TableSchema } from '../../schema/table-schema.ts';
import { ColumnReader } from './column-reader.ts';
import { type FileColumn, fileColumns, toTableSchema } from './file-schema.ts';
import { NestedColumnReader } from './nested-column-reader.ts';
import { asParquetError, openParquet, type ParquetSource } from './parquet-source.ts';

export interface ReadParquetOptions {
  /** The columns to read, in this order; all when left out. */
  readonly columns?: readonly string[];
  /** Records to pass over. */
  readonly fromRow?: number;
  /** Largest number of records to deliver at once; fewer where records are large. Default 50,000. */
  readonly batchRows?: number;
}

/** What the footer of a file says. */
export interface ParquetDescription {
  readonly schema: TableSchema;
  readonly rows: number;
}

/** Records are delivered in groups of at most about so many bytes. */
const BATCH_BYTES = 32 * 1024 * 1024;

/** @throws PipelineError UNREADABLE, NOT_FOUND, ACCESS_DENIED, STORAGE */
export async function readParquetDescription(path: string): Promise<ParquetDescription> {
  const source = await openParquet(path);
  await source.file.close();
  const { metadata } = source;
  return { schema: toTableSchema(fileColumns(metadata)), rows: Number(metadata.num_rows) };
}

/** @throws PipelineError UNREADABLE, NOT_FOUND, ACCESS_DENIED, STORAGE */
export async function readParquetSchema(path: string): Promise<TableSchema> {
  return (await readParquetDescription(path)).schema;
}

/**
 * The records of a file in order, page by page: the memory needed does not depend on the size of row groups.
 * Calls with the same options deliver the same groups of records.
 *
 * @throws PipelineError UNREADABLE when the file is damaged, NOT_FOUND for it or a column, ACCESS_DENIED, STORAGE
 */
export async function* readParquet(path: string, options: ReadParquetOptions = {}): AsyncGenerator<Columns> {
  const source = await openParquet(path);
  try {
    yield* readSource(source, options);
  } catch (error) {
    throw asParquetError(error, path);
  } finally {
    await source.file.close();
  }
}

async function* readSource(source: ParquetSource, options: ReadParquetOptions): AsyncGenerator<Columns> {
  const { fromRow = 0, batchRows = 50_000 } = options;
  const files = chooseColumns(source, options.columns);
  const schema = toTableSchema(files);
  const limit = Math.min(batchRows, rowsOf(BATCH_BYTES, source.metadata.row_groups));
  let remaining = Math.max(0, Number(source.metadata.num_rows) - fromRow);
  let columns = Columns.allocate(schema, Math.min(limit, remaining));
  for await (const { readers, rows } of openGroups(source, files, fromRow)) {
    let left = rows;
    while (left > 0) {
      const count = Math.min(left, limit - columns.length);
      const { length } = columns;
      await Promise.all(
        readers.map((reader, index) => {
          const target = columns.columns[index];
          return target === undefined ? undefined : reader.read(target, length, count);
        }),
      );
      columns.length += count;
      left -= count;
      remaining -= count;
      if (columns.length === limit) {
        yield columns;
        columns = Columns.allocate(schema, Math.min(limit, remaining));
      }
    }
  }
  if (columns.length > 0) yield columns;
}

interface OpenGroup {
  readonly readers: readonly (ColumnReader | NestedColumnReader)[];
  /** Records that are still to be read. */
  readonly rows: number;
}

async function* openGroups(
  source: ParquetSource,
  files: readonly FileColumn[],
  from: number,
): AsyncGenerator<OpenGroup> {
  let start = 0;
  for (const group of source.metadata.row_groups) {
    const end = start + Number(group.num_rows);
    if (end > from) {
      const readers = files.map((file) => openReader(source, file, group, start));
      const passed = Math.max(0, from - start);
      if (passed > 0) await Promise.all(readers.map((reader) => reader.skip(passed)));
      yield { readers, rows: end - start - passed };
    }
    start = end;
  }
}

function openReader(source: ParquetSource, file: FileColumn, group: RowGroup, rowStart: number) {
  if (file.chunk === undefined) {
    const range = { rowStart, rowEnd: rowStart + Number(group.num_rows) };
    return new NestedColumnReader(source.buffer, source.metadata, file.field.name, range);
  }
  const metadata = group.columns[file.chunk]?.meta_data;
  if (metadata === undefined) throw new Error(`the footer does not say where column ${file.field.name} is`);
  return new ColumnReader(source.file, file, metadata);
}

/** Records of the row group with the largest ones that fit into `bytes`. */
function rowsOf(bytes: number, groups: readonly RowGroup[]): number {
  const largest = Math.max(
    1,
    ...groups.map((group) => Number(group.total_byte_size) / Math.max(1, Number(group.num_rows))),
  );
  return Math.max(1, Math.floor(bytes / largest));
}

function chooseColumns({ path, metadata }: ParquetSource, names: readonly string[] | undefined): FileColumn[] {
  const all = fileColumns(metadata);
  if (names === undefined) return all;
  return names.map((name) => {
    const column = all.find(({ field }) => field.name === name);
    if (column !== undefined) return column;
    const known = all.map(({ field }) => field.name).join(', ');
    throw new PipelineError('NOT_FOUND', `${path} has no column ${name}; it has ${known}.`, {
      where: { file: path, column: name },
    });
  });
}
