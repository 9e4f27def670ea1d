import type { FileHandle } from 'node:fs/promises';
import type { ColumnMetaData, PageHeader } from 'hyparquet';
import type { Column } from '../../columns/column.ts';
import { copyValues, countPresent } from './copy-values.ts';
import { decompressPage } from './decompression.ts';
import type { FileColumn } from './file-schema.ts';
import { decodeHybrid } from './hybrid-decoding.ts';
import { PageReader } from './page-reader.ts';
import { decodeValues, type PageValues } from './page-values.ts';
import { decodePlain, readUInt32 } from './plain-decoding.ts';

interface DataPage {
  readonly rows: number;
  readonly levels: Uint8Array | undefined;
  readonly values: PageValues;
}

/** Reads the records of one column of one row group; keeps one page in memory, and the dictionary. */
export class ColumnReader {
  readonly #column: FileColumn;
  readonly #metadata: ColumnMetaData;
  readonly #pages: PageReader;
  #dictionary: Column | undefined;
  #page: DataPage | undefined;
  /** Records and values of the page that are delivered. */
  #row = 0;
  #value = 0;

  constructor(file: FileHandle, column: FileColumn, metadata: ColumnMetaData) {
    this.#column = column;
    this.#metadata = metadata;
    this.#pages = new PageReader(file, metadata);
  }

  /** Delivers the next `count` records as records `at` and following of `target`. */
  async read(target: Column, at: number, count: number): Promise<void> {
    await this.#forEachPart(count, (part, done) => {
      copyValues(part.values, target, { from: this.#value, levels: part.levels, at: at + done, count: part.rows });
    });
  }

  async skip(count: number): Promise<void> {
    await this.#forEachPart(count, () => undefined);
  }

  async #forEachPart(count: number, visit: (part: DataPage, done: number) => void): Promise<void> {
    let done = 0;
    while (done < count) {
      const page = await this.#current();
      const rows = Math.min(count - done, page.rows - this.#row);
      const levels = page.levels?.subarray(this.#row, this.#row + rows);
      visit({ rows, levels, values: page.values }, done);
      this.#row += rows;
      this.#value += levels === undefined ? rows : countPresent(levels);
      done += rows;
    }
  }

  async #current(): Promise<DataPage> {
    while (this.#page === undefined || this.#row === this.#page.rows) {
      const page = await this.#pages.next();
      if (page === undefined) throw new RangeError('a column ends before its row group');
      const { header, body } = page;
      if (header.dictionary_page_header !== undefined) {
        const bytes = await this.#decompress(body, header.uncompressed_page_size);
        this.#dictionary = decodePlain(this.#column, bytes, header.dictionary_page_header.num_values);
      } else if (header.data_page_header !== undefined || header.data_page_header_v2 !== undefined) {
        this.#page =
          header.data_page_header === undefined
            ? await this.#decodeVersion2(header, body)
            : await this.#decodeVersion1(header, body);
        this.#row = 0;
        this.#value = 0;
      }
    }
    return this.#page;
  }

  /** Version 1: levels and values are compressed together. */
  async #decodeVersion1(header: PageHeader, body: Buffer): Promise<DataPage> {
    const { num_values: rows = 0, encoding = 'PLAIN', definition_level_encoding } = header.data_page_header ?? {};
    const bytes = await this.#decompress(body, header.uncompressed_page_size);
    if (!this.#column.field.nullable) return this.#decode(rows, undefined, encoding, bytes);
    if (definition_level_encoding !== 'RLE') throw new Error('bit-packed definition levels are not supported');
    const start = 4 + readUInt32(bytes, 0);
    const levels = decodeHybrid(bytes.subarray(4, start), 1, new Uint8Array(rows));
    return this.#decode(rows, levels, encoding, bytes.subarray(start));
  }

  /** Version 2: levels lie uncompressed in front of the values. */
  async #decodeVersion2(header: PageHeader, body: Buffer): Promise<DataPage> {
    const page = header.data_page_header_v2;
    if (page === undefined) throw new RangeError('a page header is damaged');
    const { num_values: rows, encoding, definition_levels_byte_length: length } = page;
    const start = length + page.repetition_levels_byte_length;
    const compressed = body.subarray(start);
    const bytes =
      page.is_compressed === false
        ? compressed
        : await this.#decompress(compressed, header.uncompressed_page_size - start);
    if (!this.#column.field.nullable || length === 0) return this.#decode(rows, undefined, encoding, bytes);
    const levels = decodeHybrid(body.subarray(page.repetition_levels_byte_length, start), 1, new Uint8Array(rows));
    return this.#decode(rows, levels, encoding, bytes);
  }

  #decode(
    rows: number,
    levels: Uint8Array | undefined,
    encoding: NonNullable<PageHeader['data_page_header']>['encoding'],
    bytes: Uint8Array,
  ): DataPage {
    const count = levels === undefined ? rows : countPresent(levels);
    const values = decodeValues(this.#column, encoding, bytes, count, this.#dictionary);
    return { rows, levels: count === rows ? undefined : levels, values };
  }

  async #decompress(body: Buffer, size: number): Promise<Uint8Array> {
    const bytes = await decompressPage(body, this.#metadata.codec, size);
    if (bytes.length !== size) throw new RangeError('a page is shorter than its header says');
    return bytes;
  }
}
