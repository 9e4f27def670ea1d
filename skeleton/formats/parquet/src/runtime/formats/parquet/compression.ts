import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';

const compress = promisify(zstdCompress);
/** Level 1: for pages that are encoded already, higher levels cost far more time than they save space. */
const params = { [constants.ZSTD_c_compressionLevel]: 1 };

/** Compresses a page outside of the event loop. */
export function compressPage(page: Buffer): Promise<Buffer> {
  return compress(page, { params, chunkSize: Math.max(16_384, page.length >> 1) });
}
