import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { asyncBufferFromFile, type Compressors, parquetReadObjects } from 'hyparquet';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { asStorageError } from '../../errors/storage-error.ts';
import { type Action, actionSchema } from './actions.ts';
import type { CheckpointFiles } from './log.ts';

const ACTIONS = ['protocol', 'metaData', 'add', 'remove', 'txn'];

/** Compressions besides Snappy, which hyparquet knows itself. */
const compressors: Compressors = {
  ZSTD: (input) => zstdDecompressSync(input),
  GZIP: (input) => gunzipSync(input),
  BROTLI: (input) => brotliDecompressSync(input),
};

/**
 * The actions of a checkpoint, whoever wrote it.
 *
 * @throws PipelineError `UNREADABLE` when a file of it is damaged
 */
export async function readCheckpoint(checkpoint: CheckpointFiles): Promise<Action[]> {
  const parts = await Promise.all(checkpoint.files.map(readPart));
  return parts.flat();
}

async function readPart(file: string): Promise<Action[]> {
  try {
    const buffer = await asyncBufferFromFile(file);
    const rows = await parquetReadObjects({ file: buffer, compressors });
    return rows.map((row) => actionSchema.parse(Object.fromEntries(ACTIONS.map((name) => [name, row[name]]))));
  } catch (error) {
    const failure = asStorageError(error, file);
    if (failure instanceof PipelineError) throw failure;
    const detail = error instanceof Error ? error.message : String(error);
    throw new PipelineError('UNREADABLE', `${file} is no Delta checkpoint: ${detail}`, {
      where: { file },
      hint: 'Delete the checkpoint if the commits up to its version are still there; else restore it from a backup.',
      cause: error,
    });
  }
}
