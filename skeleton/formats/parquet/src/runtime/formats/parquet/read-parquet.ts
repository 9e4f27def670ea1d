import { setImmediate } from 'node:timers/promises';
import type { Columns } from '../../columns/columns.ts';
import { ColumnsPool } from '../../columns/columns-pool.ts';
import { PipelineError } from '../../errors/pipeline-error.ts';
import type { TableSchema } from '../../schema/table-schema.ts';
import { ColumnReader } from './column-reader.ts';
import { asParquetError } from './damage.ts';
import { type FileColumn, flatLeaf, toTableSchema } from './file-schema.ts';
import type { RowGroup } from './footer-model.ts';
import { NestedColumnReader } from './nested-column-reader.ts';
import { openParquet, type ParquetSource } from './parquet-source.ts';

export interface ReadParquetOptions {
  /** The columns to read, in this order; all when left out. */
  readonly columns?: readonly string[];
  /** Records to pass over. */
  readonly fromRow?: number;
  /** Largest number of records to deliver at once; fewer where records are large. Default 50,000. */
  readonly batchRows?: number;
}

/** Records that follow each other in a file. */
export interface ParquetRecords {
  readonly columns: Columns;
  /** To be called once nobody reads the columns any more: their memory takes later records. */
  readonly release: () => void;
}

/** What the footer of a file says. */
export interface ParquetDescription {
  readonly schema: TableSchema;
  readonly rows: number;
}

/** Records are delivered in groups of at most about so many bytes. */
const BATCH_BYTES = 32 * 1024 * 1024;
/** Records are decoded in steps: few at first, until it is known how large they are. */
const FIRST_STEP = 16;
const LARGEST_STEP = 4096;

/** @throws PipelineError UNREADABLE, NOT_FOUND, ACCESS_DENIED, STORAGE */
export async function readParquetDescription(path: string): Promise<ParquetDescription> {
  const source = await openParquet(path);
  await source.file.close();
  return { schema: toTableSchema(source.columns), rows: source.footer.num_rows };
}

/** @throws PipelineError UNREADABLE, NOT_FOUND, ACCESS_DENIED, STORAGE */
export async function readParquetSchema(path: string): Promise<TableSchema> {
  return (await readParquetDescription(path)).schema;
}

/**
 * The records of a file in order, page by page: the memory needed does not depend on the size of row groups.
 * Calls with the same options deliver the records in the same parts.
 *
 * @throws PipelineError UNREADABLE when the file is damaged, NOT_FOUND for it or a column, ACCESS_DENIED, STORAGE
 */
export async function* readParquet(path: string, options: ReadParquetOptions = {}): AsyncGenerator<ParquetRecords> {
  const source = await openParquet(path);
  try {
    yield* readSource(source, options);
  } catch (error) {
    throw asParquetError(error, path);
  } finally {
    await source.file.close();
  }
}

async function* readSource(source: ParquetSource, options: ReadParquetOptions): AsyncGenerator<ParquetRecords> {
  const { fromRow = 0, batchRows = 50_000 } = options;
  const files = chooseColumns(source, options.columns);
  const ahead = Math.max(0, source.footer.num_rows - fromRow);
  const limit = Math.min(batchRows, rowsOf(BATCH_BYTES, source.footer.row_groups), ahead);
  const pool = new ColumnsPool(toTableSchema(files), limit);
  const recordsOf = (columns: Columns) => ({ columns, release: () => pool.giveBack(columns) });
  let columns: Columns | undefined;
  let step = FIRST_STEP;
  for await (const { readers, rows } of openGroups(source, files, fromRow)) {
    for (let left = rows; left > 0; ) {
      columns ??= pool.take();
      const count = Math.min(step, left, limit - columns.length);
      await readStep(readers, columns, count);
      left -= count;
      const size = columns.byteLength;
      const fitting = Math.floor((BATCH_BYTES - size) / (size / columns.length));
      step = Math.max(1, Math.min(2 * step, LARGEST_STEP, fitting));
      if (columns.length === limit || fitting < 1) {
        yield recordsOf(columns);
        columns = undefined;
      }
    }
  }
  if (columns !== undefined) yield recordsOf(columns);
}

async function readStep(readers: OpenGroup['readers'], columns: Columns, count: number): Promise<void> {
  const { length } = columns;
  await Promise.all(
    readers.map((reader, index) => {
      const target = columns.columns[index];
      return target === undefined ? undefined : reader.read(target, length, count);
    }),
  );
  columns.length += count;
  // Whoever waits for the network, or for a signal, has a turn.
  await setImmediate();
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
  for (const group of source.footer.row_groups) {
    const end = start + group.num_rows;
    if (end > from) {
      const readers = files.map((file) => openReader(source, file, group));
      const passed = Math.max(0, from - start);
      if (passed > 0) await Promise.all(readers.map((reader) => reader.skip(passed)));
      yield { readers, rows: end - start - passed };
    }
    start = end;
  }
}

function openReader({ file }: ParquetSource, column: FileColumn, group: RowGroup): ColumnReader | NestedColumnReader {
  const leaf = flatLeaf(column);
  if (leaf === undefined) return new NestedColumnReader(file, column, group);
  const chunk = group.columns[leaf.chunk]?.meta_data;
  if (chunk === undefined) throw new RangeError(`the footer does not say where ${column.field.name} is`);
  return new ColumnReader(file, leaf, chunk);
}

/** Records of the row group with the largest ones that fit into `bytes`. */
function rowsOf(bytes: number, groups: readonly RowGroup[]): number {
  let largest = 1;
  for (const group of groups) largest = Math.max(largest, group.total_byte_size / Math.max(1, group.num_rows));
  return Math.max(1, Math.floor(bytes / largest));
}

function chooseColumns({ path, columns }: ParquetSource, names: readonly string[] | undefined): readonly FileColumn[] {
  if (names === undefined) return columns;
  return names.map((name) => {
    const column = columns.find(({ field }) => field.name === name);
    if (column !== undefined) return column;
    const known = columns.map(({ field }) => field.name).join(', ');
    throw new PipelineError('NOT_FOUND', `${path} has no column ${name}; it has ${known}.`, {
      where: { file: path, column: name },
    });
  });
}
