import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { PageHeader } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { chunkRange } from './check-footer.ts';
import type { ChunkMetadata } from './footer-model.ts';
import { readInto } from './read-bytes.ts';
import { endOfStruct } from './thrift-struct.ts';

const WINDOW = 512 * 1024;
const HEADER_BYTES = 16 * 1024;

export interface Page {
  readonly header: PageHeader;
  /** As it is in the file, compressed. */
  readonly body: Buffer;
}

/** Reads the pages of one column chunk one after the other, through a window on the file. */
export class PageReader {
  readonly #file: FileHandle;
  #window = Buffer.alloc(0);
  /** Where the rest of the window starts, and where in the file the bytes behind the window are. */
  #start = 0;
  #position: number;
  readonly #end: number;

  constructor(file: FileHandle, chunk: ChunkMetadata) {
    const { start, end } = chunkRange(chunk);
    this.#file = file;
    this.#position = start;
    this.#end = end;
  }

  /** Where in the file the next page starts. */
  get offset(): number {
    return this.#position - this.#available;
  }

  /** The next page, `undefined` behind the last one. */
  async next(): Promise<Page | undefined> {
    await this.#fill(HEADER_BYTES);
    if (this.#available === 0) return undefined;
    const header = await this.#header();
    const size = header.compressed_page_size;
    await this.#fill(size);
    if (!(size >= 0) || size > this.#available) throw new RangeError('a page goes beyond the end of its column');
    const body = this.#window.subarray(this.#start, this.#start + size);
    this.#start += size;
    if (header.crc !== undefined && (header.crc | 0) !== (crc32(body) | 0)) {
      throw new RangeError('the checksum of a page is wrong');
    }
    return { header, body };
  }

  /** A header that carries long minima and maxima may need more than one look. */
  async #header(): Promise<PageHeader> {
    for (let bytes = HEADER_BYTES; ; bytes *= 4) {
      await this.#fill(bytes);
      const end = endOfStruct(this.#window, this.#start);
      if (end !== undefined) {
        const view = new DataView(this.#window.buffer, this.#window.byteOffset + this.#start, end - this.#start);
        this.#start = end;
        return parquetHeader({ view, offset: 0 });
      }
      if (bytes > this.#available) throw new RangeError('a page header is damaged');
    }
  }

  get #available(): number {
    return this.#window.length - this.#start;
  }

  /** Reads on until `bytes` are there, or the chunk is at its end. */
  async #fill(bytes: number): Promise<void> {
    if (this.#available >= bytes || this.#position >= this.#end) return;
    const wanted = Math.min(Math.max(bytes, WINDOW) - this.#available, this.#end - this.#position);
    const larger = Buffer.allocUnsafeSlow(this.#available + wanted);
    this.#window.copy(larger, 0, this.#start);
    await readInto(this.#file, larger, this.#available, this.#position);
    this.#position += wanted;
    this.#window = larger;
    this.#start = 0;
  }
}
