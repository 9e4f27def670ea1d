import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { asStorageError } from '../../errors/storage-error.ts';
import type { FilesSource } from './options.ts';
import type { SourceFile } from './source-files.ts';

const CHUNK = 256 * 1024;

export type Encoding = FilesSource['encoding'];

/**
 * The contents of a file, decompressed and as UTF-8, from byte `offset` of that on. A chunk is good until the next one
 * is asked for.
 *
 * @throws PipelineError UNREADABLE when the compression is broken, NOT_FOUND, ACCESS_DENIED, STORAGE
 */
export async function* readBytes(file: SourceFile, encoding: Encoding, offset = 0): AsyncGenerator<Buffer> {
  const plain = file.compression === 'none' && encoding === 'utf-8';
  try {
    if (plain) {
      yield* readChunks(file.path, offset);
      return;
    }
    const decompressed = chunksOf(decompress(file));
    yield* skipBytes(encoding === 'utf-8' ? decompressed : transcode(decompressed, encoding), offset);
  } catch (error) {
    throw asReadError(error, file);
  }
}

async function* readChunks(path: string, offset: number): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    const chunk = Buffer.allocUnsafeSlow(CHUNK);
    for (let position = offset; ; ) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK, position);
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
      position += bytesRead;
    }
  } finally {
    await file.close();
  }
}

function decompress({ path, compression }: SourceFile): AsyncIterable<Buffer> {
  const raw = createReadStream(path, { highWaterMark: CHUNK });
  if (compression === 'none') return raw;
  const inflate =
    compression === 'gzip' ? createGunzip({ chunkSize: CHUNK }) : createZstdDecompress({ chunkSize: CHUNK });
  // A failure of either stream reaches whoever reads from the last one.
  return pipeline(raw, inflate, () => undefined);
}

async function* chunksOf(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of stream) yield chunk;
}

async function* transcode(chunks: AsyncIterable<Buffer>, encoding: Encoding): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}

async function* skipBytes(chunks: AsyncIterable<Buffer>, offset: number): AsyncGenerator<Buffer> {
  let skip = offset;
  for await (const chunk of chunks) {
    if (skip < chunk.length) yield chunk.subarray(skip);
    skip = Math.max(0, skip - chunk.length);
  }
}

function asReadError(error: unknown, { path, compression }: SourceFile): unknown {
  const zlib = error instanceof Error && 'code' in error && /^(Z_|ZSTD_)/.test(String(error.code));
  if (!zlib) return asStorageError(error, path);
  return new PipelineError('UNREADABLE', `${path} is no complete ${compression} file: ${error.message}.`, {
    where: { file: path },
    hint: 'Check that the file was copied completely, and that its extension says how it is compressed.',
    cause: error,
  });
}
