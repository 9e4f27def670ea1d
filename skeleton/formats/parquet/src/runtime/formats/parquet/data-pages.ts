import type { FileHandle } from 'node:fs/promises';
import type { PageHeader } from 'hyparquet';
import { locateDamage } from './damage.ts';
import { decompressPage } from './decompression.ts';
import type { ReadDictionary } from './dictionary-reader.ts';
import type { Leaf } from './file-schema.ts';
import type { ChunkMetadata } from './footer-model.ts';
import { HybridDecoder } from './hybrid-decoding.ts';
import { type Page, PageReader } from './page-reader.ts';
import { openDictionary, openValues, withLength } from './page-values.ts';
import type { ValueReader } from './value-reader.ts';

export interface DataPage {
  /** Where it is in the file. */
  readonly offset: number;
  /** Values and NULLs, and what stands for empty lists. */
  readonly entries: number;
  /** Levels of the entries; `undefined` where the column has none. */
  readonly repetition: HybridDecoder | undefined;
  readonly definition: HybridDecoder | undefined;
  readonly values: ValueReader;
}

/** The data pages of one column of one row group, one after the other; keeps its dictionary. */
export class DataPages {
  readonly leaf: Leaf;
  readonly #chunk: ChunkMetadata;
  readonly #pages: PageReader;
  #dictionary: ReadDictionary | undefined;
  /** Entries behind the pages that were read. */
  #left: number;

  constructor(file: FileHandle, leaf: Leaf, chunk: ChunkMetadata) {
    this.leaf = leaf;
    this.#chunk = chunk;
    this.#pages = new PageReader(file, chunk);
    this.#left = chunk.num_values;
  }

  /** The next page, `undefined` behind the last entry. @throws DamageError */
  async next(): Promise<DataPage | undefined> {
    while (this.#left > 0) {
      const { offset } = this.#pages;
      try {
        const page = await this.#pages.next();
        if (page === undefined) throw new RangeError('a column ends before its row group');
        const data = await this.#decode(page, offset);
        if (data !== undefined && data.entries > 0) return data;
      } catch (error) {
        throw this.locate(error, offset);
      }
    }
    return undefined;
  }

  /** An error of the page at `offset` with the place where it happened. */
  locate(error: unknown, offset: number): unknown {
    return locateDamage(error, offset, this.leaf.path.join('.'));
  }

  async #decode({ header, body }: Page, offset: number): Promise<DataPage | undefined> {
    switch (header.type) {
      case 'DICTIONARY_PAGE':
        await this.#readDictionary(header, body);
        return undefined;
      case 'DATA_PAGE':
        return this.#decodeVersion1(header, body, offset);
      case 'DATA_PAGE_V2':
        return this.#decodeVersion2(header, body, offset);
      case 'INDEX_PAGE':
        return undefined;
      default:
        throw new RangeError('a page is of no known kind');
    }
  }

  async #readDictionary({ dictionary_page_header, uncompressed_page_size }: PageHeader, body: Buffer): Promise<void> {
    if (dictionary_page_header === undefined || this.#dictionary !== undefined) {
      throw new RangeError('a dictionary is not where it can be');
    }
    const { num_values: size, encoding } = dictionary_page_header;
    if (encoding !== 'PLAIN' && encoding !== 'PLAIN_DICTIONARY')
      throw new RangeError('a dictionary has a wrong encoding');
    const bytes = await this.#decompress(body, uncompressed_page_size);
    this.#dictionary = openDictionary(this.leaf, bytes, size);
  }

  /** Version 1: levels and values are compressed together. */
  async #decodeVersion1(header: PageHeader, body: Buffer, offset: number): Promise<DataPage> {
    const page = header.data_page_header;
    if (page === undefined) throw new RangeError('a page header is damaged');
    const entries = this.#take(page.num_values);
    let values = await this.#decompress(body, header.uncompressed_page_size);
    const nextLevels = (max: number, encoding: string): HybridDecoder | undefined => {
      if (max === 0) return undefined;
      if (encoding !== 'RLE') throw new RangeError(`levels in the encoding ${encoding} are not supported`);
      const { bytes, rest } = withLength(values);
      values = rest;
      return levelsOf(bytes, max);
    };
    const repetition = nextLevels(this.leaf.repetition, page.repetition_level_encoding);
    const definition = nextLevels(this.leaf.definition, page.definition_level_encoding);
    return this.#dataPage({ offset, entries, repetition, definition }, page.encoding, values);
  }

  /** Version 2: levels lie uncompressed in front of the values. */
  async #decodeVersion2(header: PageHeader, body: Buffer, offset: number): Promise<DataPage> {
    const page = header.data_page_header_v2;
    if (page === undefined) throw new RangeError('a page header is damaged');
    const { repetition_levels_byte_length: first, definition_levels_byte_length: second } = page;
    const start = first + second;
    if (!(first >= 0 && second >= 0 && start <= body.length)) throw new RangeError('a page header is damaged');
    const entries = this.#take(page.num_values);
    const compressed = body.subarray(start);
    const bytes =
      page.is_compressed === false
        ? compressed
        : await this.#decompress(compressed, header.uncompressed_page_size - start);
    const repetition = this.leaf.repetition === 0 ? undefined : levelsOf(body.subarray(0, first), this.leaf.repetition);
    const definition =
      this.leaf.definition === 0 ? undefined : levelsOf(body.subarray(first, start), this.leaf.definition);
    return this.#dataPage({ offset, entries, repetition, definition }, page.encoding, bytes);
  }

  #dataPage(page: Omit<DataPage, 'values'>, encoding: string, bytes: Buffer): DataPage {
    return { ...page, values: openValues(this.leaf, encoding, bytes, page.entries, this.#dictionary) };
  }

  #take(entries: number): number {
    if (!(entries >= 0 && entries <= this.#left)) throw new RangeError('a page has more values than its column');
    this.#left -= entries;
    return entries;
  }

  async #decompress(body: Buffer, size: number): Promise<Buffer> {
    if (size > this.#chunk.total_uncompressed_size) throw new RangeError('a page is larger than its column');
    return decompressPage(body, this.#chunk.codec, size);
  }
}

function levelsOf(bytes: Buffer, max: number): HybridDecoder {
  return new HybridDecoder(bytes, 32 - Math.clz32(max));
}
