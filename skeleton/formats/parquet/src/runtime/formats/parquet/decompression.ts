import { promisify } from 'node:util';
import {
  brotliDecompress,
  brotliDecompressSync,
  gunzip,
  gunzipSync,
  zstdDecompress,
  zstdDecompressSync,
} from 'node:zlib';
import { type CompressionCodec, type Compressors, snappyUncompress } from 'hyparquet';

const inflate = { GZIP: promisify(gunzip), BROTLI: promisify(brotliDecompress), ZSTD: promisify(zstdDecompress) };

/** For hyparquet, which knows only snappy by itself. */
export const inflateSync: Compressors = {
  GZIP: (page) => gunzipSync(page),
  BROTLI: (page) => brotliDecompressSync(page),
  ZSTD: (page) => zstdDecompressSync(page),
};

/** A page as it was before it was compressed; outside of the event loop where Node can. */
export async function decompressPage(page: Buffer, codec: CompressionCodec, size: number): Promise<Uint8Array> {
  switch (codec) {
    case 'UNCOMPRESSED':
      return page;
    case 'SNAPPY': {
      const output = new Uint8Array(size);
      if (size > 0) snappyUncompress(page, output);
      return output;
    }
    case 'GZIP':
    case 'BROTLI':
    case 'ZSTD':
      if (size === 0) return page.subarray(0, 0);
      return inflate[codec](page, { maxOutputLength: size, chunkSize: Math.max(64, size) });
    default:
      throw new Error(`the compression ${codec} is not supported; write the file with zstd, snappy or gzip`);
  }
}
