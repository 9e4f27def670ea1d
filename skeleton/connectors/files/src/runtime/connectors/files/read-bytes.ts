import { open } from 'node:fs/promises';
import { asStorageError } from '../../errors/storage-error.ts';
import { decompress } from './decompress.ts';
import type { SourceFile } from './source-files.ts';
import { type Encoding, encodingOf, toUtf8 } from './to-utf8.ts';

const CHUNK = 256 * 1024;

/**
 * The contents of a file, decompressed and as UTF-8, from byte `offset` of that on. A chunk is good until the next one
 * is asked for.
 *
 * @throws PipelineError UNREADABLE when the compression is broken, NOT_FOUND, ACCESS_DENIED, STORAGE
 */
export async function* readBytes(file: SourceFile, encoding: Encoding, offset = 0): AsyncGenerator<Buffer> {
  try {
    const plain = file.compression === 'none' && encodingOf(await readStart(file.path), encoding) === 'utf-8';
    if (plain) yield* readChunks(file.path, offset);
    else yield* skipBytes(toUtf8(decompress(file), encoding), offset);
  } catch (error) {
    throw asStorageError(error, file.path);
  }
}

async function readStart(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
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

async function* skipBytes(chunks: AsyncIterable<Buffer>, offset: number): AsyncGenerator<Buffer> {
  let skip = offset;
  for await (const chunk of chunks) {
    if (skip < chunk.length) yield chunk.subarray(skip);
    skip = Math.max(0, skip - chunk.length);
  }
}
