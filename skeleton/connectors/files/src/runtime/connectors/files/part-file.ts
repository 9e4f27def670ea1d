import type { Columns } from '../../columns/columns.ts';
import { ParquetWriter } from '../../formats/parquet/index.ts';
import type { TableSchema } from '../../schema/table-schema.ts';
import { publishFile } from '../../storage/durable-files.ts';
import { csvWriter, formatCsvHeader } from './csv/write-csv.ts';
import { ndjsonWriter } from './json/write-ndjson.ts';
import type { FilesSink } from './options.ts';
import { TextPart } from './text-part.ts';

/** A file of a table under construction: nobody sees it before `finish`. */
export interface PartFile {
  /** Bytes on disk so far. */
  readonly bytesWritten: number;
  write(columns: Columns): Promise<void>;
  /** Makes the file appear under its name, on disk for good. */
  finish(): Promise<unknown>;
  /** Gives up: nothing of the file remains. */
  abort(): Promise<void>;
}

export function partExtension({ format, compression }: FilesSink): string {
  return compression === 'gzip' ? `${format}.gz` : format;
}

/** @throws PipelineError STORAGE, ACCESS_DENIED */
export async function openPart(
  path: string,
  { format, compression }: FilesSink,
  schema: TableSchema,
): Promise<PartFile> {
  switch (format) {
    case 'parquet':
      return ParquetWriter.open(path, schema);
    case 'ndjson':
      return TextPart.open(path, { header: '', writer: ndjsonWriter, compression });
    case 'csv':
      return TextPart.open(path, { header: formatCsvHeader(schema), writer: csvWriter, compression });
  }
}

/** The same in another place than that where the file comes when it is finished. */
export async function openStagedPart(
  staged: string,
  path: string,
  options: FilesSink,
  schema: TableSchema,
): Promise<PartFile> {
  const part = await openPart(staged, options, schema);
  if (path === staged) return part;
  return {
    get bytesWritten() {
      return part.bytesWritten;
    },
    write: (columns) => part.write(columns),
    async finish() {
      await part.finish();
      await publishFile(staged, path);
    },
    abort: () => part.abort(),
  };
}
