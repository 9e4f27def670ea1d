import { readParquetDescription } from '../../formats/parquet/index.ts';
import { fileFormat } from './file-formats.ts';
import { type FilePosition, startIn } from './file-position.ts';
import type { FilesSource } from './options.ts';
import type { SourceFile } from './source-files.ts';

const SAMPLED_RECORDS = 1000;
/** With more files, counting what their footers say takes longer than it is worth. */
const MAX_FILES = 1000;

/** About how many records are still to come: exact for Parquet, by the size of the first records for text. */
export async function estimateRecords(
  files: readonly SourceFile[],
  options: FilesSource,
  position: FilePosition | undefined,
): Promise<number | undefined> {
  if (files.length > MAX_FILES) return undefined;
  let total = 0;
  let bytesPerRecord: number | undefined;
  for (const file of files) {
    const { row, offset } = startIn(file, position);
    if (file.format === 'parquet') {
      total += (await readParquetDescription(file.path)).rows - row;
    } else if (file.compression !== 'none') {
      return undefined;
    } else {
      bytesPerRecord ??= await measureRecords(file, options);
      if (bytesPerRecord !== undefined) total += Math.max(0, file.size - offset) / bytesPerRecord;
    }
  }
  return Math.round(total);
}

async function measureRecords(file: SourceFile, options: FilesSource): Promise<number | undefined> {
  const request = { schema: undefined, row: 0, offset: 0, batchSize: SAMPLED_RECORDS };
  for await (const group of fileFormat(file).read(file, options, request)) return group.bytes / group.row;
  return undefined;
}
