import { type FileHandle, open, rm } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { ColumnChunk, ColumnMetaData, Encoding, PageHeader, RowGroup } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer/src/bytewriter.js';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import type { Field, TableSchema } from '../../schema/table-schema.ts';
import { publishFile, temporaryPath } from '../../storage/durable-files.ts';
import type { EncodedChunk } from './column-chunk.ts';
import { compressPage } from './compression.ts';
import { toSchemaElement, toSchemaElements } from './schema-elements.ts';

const MAGIC = Buffer.from('PAR1');
/** Longer minima and maxima of text are cut in the footer (and marked so), as other writers do. */
const STATISTICS_BYTES = 64;

/** A Parquet file as it grows on disk: row groups one after the other, then the footer that says where they are. */
export class ParquetFile {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #schema: TableSchema;
  readonly #groups: RowGroup[] = [];
  #rows = 0;
  #position = 0;

  private constructor(path: string, file: FileHandle, schema: TableSchema) {
    this.path = path;
    this.#file = file;
    this.#schema = schema;
  }

  static async create(path: string, schema: TableSchema): Promise<ParquetFile> {
    const file = new ParquetFile(path, await open(temporaryPath(path), 'w'), schema);
    try {
      await file.#append(MAGIC);
      return file;
    } catch (error) {
      await file.discard();
      throw error;
    }
  }

  get rows(): number {
    return this.#rows;
  }

  get bytes(): number {
    return this.#position;
  }

  /** Compresses the columns side by side, outside of the event loop, and appends them. */
  async appendGroup(chunks: readonly EncodedChunk[], rows: number): Promise<void> {
    const compressed = await Promise.all(chunks.map(compressChunk));
    const start = this.#position;
    const columns: ColumnChunk[] = [];
    for (const [index, field] of this.#schema.fields.entries()) {
      const chunk = compressed[index];
      if (chunk === undefined) throw new TypeError(`The row group has no column ${field.name}.`);
      columns.push(await this.#appendChunk(field, chunk, rows));
    }
    this.#rows += rows;
    this.#groups.push({
      columns,
      total_byte_size: columns.reduce((sum, { meta_data }) => sum + (meta_data?.total_uncompressed_size ?? 0n), 0n),
      num_rows: BigInt(rows),
      file_offset: BigInt(start),
      total_compressed_size: BigInt(this.#position - start),
    });
  }

  /** Writes the footer and gives the file its name. */
  async publish(): Promise<void> {
    await this.#append(this.#footer());
    await this.#file.sync();
    await this.#file.close();
    await publishFile(temporaryPath(this.path), this.path);
  }

  async discard(): Promise<void> {
    await this.#file.close().catch(() => undefined);
    await rm(temporaryPath(this.path), { force: true });
  }

  async #appendChunk(field: Field, chunk: CompressedChunk, rows: number): Promise<ColumnChunk> {
    const start = this.#position;
    const { dictionary, data, encoding, nullCount, bounds } = chunk;
    const header = { definition_level_encoding: 'RLE', repetition_level_encoding: 'RLE' } as const;
    if (dictionary !== undefined) {
      await this.#appendPage(dictionary, {
        type: 'DICTIONARY_PAGE',
        dictionary_page_header: { num_values: dictionary.size, encoding: 'PLAIN' },
      });
    }
    const dataStart = this.#position;
    await this.#appendPage(data, {
      type: 'DATA_PAGE',
      data_page_header: { num_values: rows, encoding, ...header },
    });
    const pages = dictionary === undefined ? [data] : [dictionary, data];
    const saved = pages.reduce((sum, page) => sum + page.uncompressedLength - page.bytes.length, 0);
    const metadata: ColumnMetaData = {
      type: toSchemaElement(field).type ?? 'BYTE_ARRAY',
      encodings: encodings(dictionary !== undefined, encoding),
      path_in_schema: [field.name],
      codec: 'ZSTD',
      num_values: BigInt(rows),
      total_uncompressed_size: BigInt(this.#position - start + saved),
      total_compressed_size: BigInt(this.#position - start),
      data_page_offset: BigInt(dataStart),
      ...(dictionary && { dictionary_page_offset: BigInt(start) }),
      statistics: { null_count: BigInt(nullCount), ...(bounds && { min_value: bounds.min, max_value: bounds.max }) },
    };
    return { file_offset: BigInt(start), meta_data: metadata };
  }

  async #appendPage(page: CompressedPage, header: Pick<PageHeader, 'type'> & Partial<PageHeader>): Promise<void> {
    const writer = new ByteWriter();
    writePageHeader(writer, {
      ...header,
      uncompressed_page_size: page.uncompressedLength,
      compressed_page_size: page.bytes.length,
      crc: crc32(page.bytes) | 0,
    });
    await this.#append(Buffer.from(writer.getBytes()), page.bytes);
  }

  #footer(): Buffer {
    const writer = new ByteWriter();
    const metadata = {
      version: 2,
      schema: toSchemaElements(this.#schema),
      num_rows: BigInt(this.#rows),
      row_groups: this.#groups,
      created_by: 'etl-pipeline version 1.0.0',
      metadata_length: 0,
    };
    writeMetadata(writer, metadata, STATISTICS_BYTES);
    writer.appendBytes(MAGIC);
    return Buffer.from(writer.getBytes());
  }

  async #append(...buffers: Buffer[]): Promise<void> {
    await this.#file.writev(buffers);
    for (const buffer of buffers) this.#position += buffer.length;
  }
}

interface CompressedPage {
  readonly bytes: Buffer;
  readonly uncompressedLength: number;
}

interface CompressedChunk extends Pick<EncodedChunk, 'encoding' | 'nullCount' | 'bounds'> {
  readonly dictionary: (CompressedPage & { readonly size: number }) | undefined;
  readonly data: CompressedPage;
}

async function compressChunk({ dictionary, page, ...rest }: EncodedChunk): Promise<CompressedChunk> {
  return {
    ...rest,
    dictionary: dictionary && {
      size: dictionary.size,
      uncompressedLength: dictionary.page.length,
      bytes: await compressPage(dictionary.page),
    },
    data: { uncompressedLength: page.length, bytes: await compressPage(page) },
  };
}

function encodings(withDictionary: boolean, encoding: Encoding): Encoding[] {
  return withDictionary ? ['PLAIN', 'RLE', encoding] : ['RLE', encoding];
}
