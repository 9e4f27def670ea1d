import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { ColumnMetaData, PageHeader } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';

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

  constructor(file: FileHandle, metadata: ColumnMetaData) {
    const { data_page_offset: data, dictionary_page_offset: dictionary, total_compressed_size: size } = metadata;
    this.#file = file;
    this.#position = Number(dictionary !== undefined && dictionary > 0n && dictionary < data ? dictionary : data);
    this.#end = this.#position + Number(size);
  }

  /** The next page, `undefined` behind the last one. */
  async next(): Promise<Page | undefined> {
    await this.#fill(HEADER_BYTES);
    if (this.#available === 0) return undefined;
    const header = await this.#header();
    const size = header.compressed_page_size;
    await this.#fill(size);
    if (size < 0 || size > this.#available) throw new RangeError('a page goes beyond the end of its column');
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
      const view = new DataView(this.#window.buffer, this.#window.byteOffset + this.#start, this.#available);
      const reader = { view, offset: 0 };
      const header = tryParse(reader);
      if (header !== undefined && reader.offset <= view.byteLength) {
        this.#start += reader.offset;
        return header;
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
    const { bytesRead } = await this.#file.read(larger, this.#available, wanted, this.#position);
    if (bytesRead < wanted) throw new RangeError('the file ends before its last page');
    this.#position += wanted;
    this.#window = larger;
    this.#start = 0;
  }
}

function tryParse(reader: { view: DataView; offset: number }): PageHeader | undefined {
  try {
    return parquetHeader(reader);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
