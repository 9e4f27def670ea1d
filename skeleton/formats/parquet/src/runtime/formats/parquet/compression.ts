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
  readonly data: CompressedPage;
}

/**
 * Compresses the pages at once, on this thread: to hand a page to Node's thread pool takes this thread as long, and
 * the result is copied into memory that is new each time.
 */
export function compressChunk({ dictionary, page, encoding, nullCount, bounds }: EncodedChunk): CompressedChunk {
  return {
    dictionary: dictionary && { ...compressPage(dictionary.page), size: dictionary.size },
    data: compressPage(page),
    encoding,
    nullCount,
    bounds,
  };
}

function compressPage(page: Buffer): CompressedPage {
  // The largest that zstd makes of it (ZSTD_COMPRESSBOUND), so that the result comes in one piece.
  const chunkSize = Math.max(constants.Z_MIN_CHUNK, page.length + (page.length >> 8) + 128);
  return { bytes: zstdCompressSync(page, { params, chunkSize }), uncompressedLength: page.length };
}
