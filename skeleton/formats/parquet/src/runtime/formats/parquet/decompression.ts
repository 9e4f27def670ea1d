import { promisify } from 'node:util';
import {
  brotliDecompress,
  brotliDecompressSync,
  constants,
  gunzip,
  gunzipSync,
  zstdDecompress,
  zstdDecompressSync,
} from 'node:zlib';
import { snappyUncompressor } from 'hysnappy';
import type { ChunkMetadata } from './footer-model.ts';

const inflate = { GZIP: promisify(gunzip), BROTLI: promisify(brotliDecompress), ZSTD: promisify(zstdDecompress) };
const inflateSync = { GZIP: gunzipSync, BROTLI: brotliDecompressSync, ZSTD: zstdDecompressSync };
/** Pages of fewer bytes take less time than handing them to another thread. */
const SMALL_PAGE = 64 * 1024;

/**
 * A page as it was before it was compressed; large ones outside of the event loop where Node can.
 *
 * @throws RangeError when it has not `size` bytes, and whatever zlib throws for damaged ones
 */
export async function decompressPage(page: Buffer, codec: ChunkMetadata['codec'], size: number): Promise<Buffer> {
  if (!(size >= 0)) throw new RangeError('a page has a wrong size');
  const bytes = await decompress(page, codec, size);
  if (bytes.length !== size) throw new RangeError('a page is shorter than its header says');
  return bytes;
}

async function decompress(page: Buffer, codec: ChunkMetadata['codec'], size: number): Promise<Buffer> {
  switch (codec) {
    case 'UNCOMPRESSED':
      return page;
    case 'SNAPPY':
      return size === 0 ? page.subarray(0, 0) : uncompressSnappy(page, size);
    case 'GZIP':
    case 'BROTLI':
    case 'ZSTD':
      if (size === 0) return page.subarray(0, 0);
      return (size < SMALL_PAGE ? inflateSync : inflate)[codec](page, {
        maxOutputLength: size,
        // When a chunk is full, Node makes ready another one.
        chunkSize: Math.max(constants.Z_MIN_CHUNK, size + 1),
      });
    default:
      throw new Error(`the compression ${codec} is not supported; write the file with zstd, snappy or gzip`);
  }
}

let snappy: ReturnType<typeof snappyUncompressor> | undefined;

/** The page says itself how large it is, which has to agree with its header: memory is taken by what the page says. */
function uncompressSnappy(page: Buffer, size: number): Buffer {
  if (snappySize(page) !== size) throw new RangeError('a page has another size than its header says');
  snappy ??= snappyUncompressor();
  try {
    const bytes = snappy(page, size);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (error) {
    // Its memory may hold anything after a damaged page.
    snappy = undefined;
    throw error;
  }
}

function snappySize(page: Buffer): number {
  let size = 0;
  for (let index = 0; index < 5; index++) {
    const byte = page[index] ?? 0;
    size += (byte & 127) * 2 ** (7 * index);
    if (byte < 128) break;
  }
  return size;
}
