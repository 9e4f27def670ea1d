import { setImmediate } from 'node:timers/promises';
import { constants, zstdCompressSync } from 'node:zlib';
import type { EncodedChunk } from './column-chunk.ts';

/** Level 1: for pages that are encoded already, higher levels cost far more time than they save space. */
const params = { [constants.ZSTD_c_compressionLevel]: 1 };

export interface CompressedPage {
  readonly bytes: Buffer;
  readonly uncompressedLength: number;
}

/** What is written of a column of a row group. */
export interface CompressedChunk extends Pick<EncodedChunk, 'encoding' | 'nullCount' | 'bounds'> {
  readonly dictionary: (CompressedPage & { readonly size: number }) | undefined;
  readonly pages: readonly (CompressedPage & { readonly rows: number })[];
}

/**
 * Compresses the pages one after the other on this thread, and ends the turn after each: to hand a page to Node's thread
 * pool takes this thread as long, and the result is copied into memory that is new each time.
 */
export async function compressChunk({ dictionary, pages, ...chunk }: EncodedChunk): Promise<CompressedChunk> {
  const compressed = dictionary && { ...compressPage(dictionary.page), size: dictionary.size };
  const data: CompressedChunk['pages'][number][] = [];
  for (const { bytes, rows } of pages) {
    data.push({ ...compressPage(bytes), rows });
    await setImmediate();
  }
  return { ...chunk, dictionary: compressed, pages: data };
}

function compressPage(page: Buffer): CompressedPage {
  // The largest that zstd makes of it (ZSTD_COMPRESSBOUND), so that the result comes in one piece.
  const chunkSize = Math.max(constants.Z_MIN_CHUNK, page.length + (page.length >> 8) + 128);
  return { bytes: zstdCompressSync(page, { params, chunkSize }), uncompressedLength: page.length };
}
