import { type FileHandle, open } from 'node:fs/promises';
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync } from 'hyparquet';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { asStorageError } from '../../errors/storage-error.ts';

/** A Parquet file that is open for reading, with its footer. */
export interface ParquetSource {
  readonly path: string;
  readonly file: FileHandle;
  readonly buffer: AsyncBuffer;
  readonly metadata: FileMetaData;
}

/**
 * Opens a file and reads its footer; whoever opens it closes `file`.
 *
 * @throws PipelineError UNREADABLE when it is no Parquet file or damaged, NOT_FOUND, ACCESS_DENIED, STORAGE
 */
export async function openParquet(path: string): Promise<ParquetSource> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const buffer = await asyncBuffer(file);
    const metadata = await parquetMetadataAsync(buffer, { initialFetchSize: 64 * 1024, geoparquet: false });
    return { path, file, buffer, metadata };
  } catch (error) {
    await file?.close();
    throw asParquetError(error, path);
  }
}

async function asyncBuffer(file: FileHandle): Promise<AsyncBuffer> {
  const { size } = await file.stat();
  return {
    byteLength: size,
    async slice(start, end = size) {
      const bytes = new Uint8Array(end - start);
      await file.read(bytes, 0, bytes.length, start);
      return bytes.buffer;
    },
  };
}

/** What goes wrong with a file's contents, in words; failures of the disk and of whoever uses it stay what they are. */
export function asParquetError(error: unknown, path: string): unknown {
  const known = asStorageError(error, path);
  if (known instanceof PipelineError) return known;
  const message = error instanceof Error ? error.message : String(error);
  return new PipelineError('UNREADABLE', `${path} is no readable Parquet file: ${message}.`, {
    where: { file: path },
    hint: 'Check that the file was copied completely; have it written again if it is damaged.',
    cause: error,
  });
}
