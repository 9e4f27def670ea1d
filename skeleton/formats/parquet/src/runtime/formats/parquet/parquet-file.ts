import { setImmediate } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import type { ColumnMetaData, PageHeader } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer/src/bytewriter.js';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import type { Field, TableSchema } from '../../schema/table-schema.ts';
import { DurableFile } from '../../storage/durable-files.ts';
import type { CompressedChunk, CompressedPage } from './compression.ts';
import { encodeColumn, encodeFooter, encodeRowGroup } from './encode-footer.ts';
import { toSchemaElement } from './schema-elements.ts';

const MAGIC = Buffer.from('PAR1');
const LENGTH_BYTES = 4;
/** Columns between which the event loop gets its turn. */
export const COLUMNS_AT_ONCE = 50;

/** A Parquet file as it grows on disk: row groups one after the other, then the footer that says where they are. */
export class ParquetFile {
  readonly #file: DurableFile;
  readonly #schema: TableSchema;
  /** As the footer will hold them. */
  readonly #groups: Buffer[] = [];
  #rows = 0;

  private constructor(file: DurableFile, schema: TableSchema) {
    this.#file = file;
    this.#schema = schema;
  }

  /** @throws PipelineError STORAGE, ACCESS_DENIED, NOT_FOUND */
  static async create(path: string, schema: TableSchema): Promise<ParquetFile> {
    const file = await DurableFile.create(path);
    try {
      await file.append([MAGIC]);
      return new ParquetFile(file, schema);
    } catch (error) {
      await file.discard();
      throw error;
    }
  }

  get rows(): number {
    return this.#rows;
  }

  get bytes(): number {
    return this.#file.size;
  }

  /** @param chunks in the order of the schema */
  async appendGroup(chunks: readonly CompressedChunk[], rows: number): Promise<void> {
    const start = this.bytes;
    const pages = new PageList(start);
    const columns: Buffer[] = [];
    let uncompressedSize = 0;
    for (const [index, field] of this.#schema.fields.entries()) {
      const chunk = chunks[index];
      if (chunk === undefined) throw new TypeError(`The row group has no column ${field.name}.`);
      const column = addChunk(pages, field, chunk, rows);
      columns.push(encodeColumn(column, field));
      uncompressedSize += Number(column.total_uncompressed_size);
      // With hundreds of columns all of this takes tens of milliseconds.
      if (columns.length % COLUMNS_AT_ONCE === 0) await setImmediate();
    }
    await this.#file.append(pages.buffers);
    this.#rows += rows;
    this.#groups.push(encodeRowGroup(columns, { rows, start, size: this.bytes - start, uncompressedSize }));
  }

  /** Writes the footer and gives the file its name. */
  async publish(): Promise<void> {
    const footer = encodeFooter(this.#schema, this.#rows, this.#groups);
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(footer.length);
    await this.#file.append([footer, length, MAGIC]);
    await this.#file.publish();
  }

  async discard(): Promise<void> {
    await this.#file.discard();
  }
}

/** The pages of a row group, each behind its header, and where in the file the next one will be. */
class PageList {
  readonly buffers: Buffer[] = [];
  position: number;

  constructor(position: number) {
    this.position = position;
  }

  add(page: CompressedPage, header: Pick<PageHeader, 'type'> & Partial<PageHeader>): void {
    const writer = new ByteWriter();
    writePageHeader(writer, {
      ...header,
      uncompressed_page_size: page.uncompressedLength,
      compressed_page_size: page.bytes.length,
      crc: crc32(page.bytes) | 0,
    });
    const bytes = Buffer.from(writer.getBytes());
    this.buffers.push(bytes, page.bytes);
    this.position += bytes.length + page.bytes.length;
  }
}

function addChunk(list: PageList, field: Field, chunk: CompressedChunk, rows: number): ColumnMetaData {
  const start = list.position;
  const { dictionary, pages, encoding, nullCount, bounds } = chunk;
  if (dictionary !== undefined) {
    list.add(dictionary, {
      type: 'DICTIONARY_PAGE',
      dictionary_page_header: { num_values: dictionary.size, encoding: 'PLAIN' },
    });
  }
  const dataStart = list.position;
  const levels = { definition_level_encoding: 'RLE', repetition_level_encoding: 'RLE' } as const;
  for (const page of pages) {
    list.add(page, { type: 'DATA_PAGE', data_page_header: { num_values: page.rows, encoding, ...levels } });
  }
  const all = dictionary === undefined ? pages : [dictionary, ...pages];
  const saved = all.reduce((sum, page) => sum + page.uncompressedLength - page.bytes.length, 0);
  return {
    type: toSchemaElement(field).type ?? 'BYTE_ARRAY',
    encodings: dictionary === undefined ? ['RLE', encoding] : ['PLAIN', 'RLE', encoding],
    path_in_schema: [field.name],
    codec: 'ZSTD',
    num_values: BigInt(rows),
    total_uncompressed_size: BigInt(list.position - start + saved),
    total_compressed_size: BigInt(list.position - start),
    data_page_offset: BigInt(dataStart),
    ...(dictionary && { dictionary_page_offset: BigInt(start) }),
    statistics: { null_count: BigInt(nullCount), ...(bounds && { min_value: bounds.min, max_value: bounds.max }) },
  };
}
