import { setImmediate } from 'node:timers/promises';
import type { Columns } from '../../columns/columns.ts';
import { readText } from '../../columns/read-values.ts';
import { readParquetSchema } from '../../formats/parquet/index.ts';
import type { Row } from '../../pipeline/batch.ts';
import { widenTypes } from '../../schema/infer.ts';
import type { LogicalType } from '../../schema/table-schema.ts';
import { readCsvHeader } from './csv/csv-header.ts';
import { inferTextType } from './csv/infer-text.ts';
import { readCsv } from './csv/read-csv.ts';
import { readJson, sampleJson } from './json/read-json.ts';
import { readNdjson, sampleNdjson } from './json/read-ndjson.ts';
import type { FilesSource } from './options.ts';
import { readParquetRecords } from './parquet-format.ts';
import { type ReadRequest, type RecordGroup, ROWS_AT_ONCE } from './record-group.ts';
import type { FormatName, SourceFile } from './source-files.ts';

/** The columns of a file and what type their values have; `undefined` where no value was seen. */
export type ColumnTypes = ReadonlyMap<string, LogicalType | undefined>;

/** One way to write records into a file. */
export interface FileFormat {
  /** The columns of a file, judged by its first `records` where the format has no types. */
  columnTypes(file: SourceFile, options: FilesSource, records: number): Promise<ColumnTypes>;
  /** The records behind a position, in groups that depend on nothing but the request. */
  read(file: SourceFile, options: FilesSource, request: ReadRequest): AsyncGenerator<RecordGroup>;
}

const csv: FileFormat = { columnTypes: csvColumnTypes, read: readCsv };

const FORMATS: Readonly<Record<FormatName, FileFormat>> = {
  csv,
  tsv: csv,
  ndjson: { columnTypes: async (...request) => jsonColumnTypes(await sampleNdjson(...request)), read: readNdjson },
  json: { columnTypes: async (...request) => jsonColumnTypes(await sampleJson(...request)), read: readJson },
  parquet: { columnTypes: parquetColumnTypes, read: readParquetRecords },
};

export function fileFormat({ format }: SourceFile): FileFormat {
  return FORMATS[format];
}

async function firstGroup(groups: AsyncGenerator<RecordGroup>): Promise<RecordGroup | undefined> {
  for await (const group of groups) return group;
  return undefined;
}

function sampleOf(batchSize: number): ReadRequest {
  return { schema: undefined, row: 0, offset: 0, batchSize };
}

async function csvColumnTypes(file: SourceFile, options: FilesSource, records: number): Promise<ColumnTypes> {
  const header = await readCsvHeader(file, options);
  if (header === undefined) return new Map();
  const sample = (await firstGroup(readCsv(file, options, sampleOf(records))))?.columns;
  const types = new Map<string, LogicalType | undefined>();
  for (const [field, name] of header.names.entries()) {
    types.set(name, sample && inferTextType(textsOf(sample, field)));
    await setImmediate();
  }
  return types;
}

/** The texts of a column that say something about its type. */
function* textsOf({ columns, length }: Columns, field: number): Generator<string> {
  const column = columns[field];
  if (column?.storage !== 'bytes') return;
  for (let index = 0; index < length; index++) {
    const text = column.valid?.[index] === 0 ? '' : readText(column, index).trim();
    if (text !== '') yield text;
  }
}

async function jsonColumnTypes(rows: readonly Row[]): Promise<ColumnTypes> {
  const types = new Map<string, LogicalType | undefined>();
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    widenTypes(types, rows.slice(start, start + ROWS_AT_ONCE));
    await setImmediate();
  }
  return types;
}

async function parquetColumnTypes({ path }: SourceFile): Promise<ColumnTypes> {
  const { fields } = await readParquetSchema(path);
  return new Map(fields.map(({ name, type }) => [name, type]));
}
