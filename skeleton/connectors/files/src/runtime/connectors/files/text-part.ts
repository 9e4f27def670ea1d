import { type FileHandle, open, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Columns } from '../../columns/columns.ts';
import { asStorageError } from '../../errors/storage-error.ts';
import { publishFile, temporaryPath } from '../../storage/durable-files.ts';
import type { PartFile } from './part-file.ts';

const compress = promisify(gzip);
/** Records that are text in memory at a time. */
const SLICE_RECORDS = 2000;

interface TextFormat {
  /** What a file starts with. */
  readonly header: string;
  readonly format: (columns: Columns) => string;
  readonly compression: 'gzip' | 'none';
}

/** A file of text under construction. Compressed files are gzip members one after the other, as the format allows. */
export class TextPart implements PartFile {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #format: TextFormat;
  bytesWritten = 0;

  private constructor(path: string, file: FileHandle, format: TextFormat) {
    this.#path = path;
    this.#file = file;
    this.#format = format;
  }

  /** @throws PipelineError STORAGE, ACCESS_DENIED */
  static async open(path: string, format: TextFormat): Promise<TextPart> {
    const part = new TextPart(path, await openTemporary(path), format);
    try {
      if (format.header !== '') await part.#append(format.header);
      return part;
    } catch (error) {
      await part.abort();
      throw error;
    }
  }

  async write(columns: Columns): Promise<void> {
    for (let start = 0; start < columns.length; start += SLICE_RECORDS) {
      const slice = columns.slice(start, Math.min(columns.length, start + SLICE_RECORDS));
      await this.#append(this.#format.format(slice));
    }
  }

  async finish(): Promise<void> {
    try {
      await this.#file.sync();
      await this.#file.close();
      await publishFile(temporaryPath(this.#path), this.#path);
    } catch (error) {
      throw asStorageError(error, this.#path);
    }
  }

  async abort(): Promise<void> {
    await this.#file.close().catch(() => undefined);
    await rm(temporaryPath(this.#path), { force: true });
  }

  async #append(text: string): Promise<void> {
    const bytes = this.#format.compression === 'gzip' ? await compress(text) : Buffer.from(text);
    try {
      await this.#file.writeFile(bytes);
    } catch (error) {
      throw asStorageError(error, this.#path);
    }
    this.bytesWritten += bytes.length;
  }
}

async function openTemporary(path: string): Promise<FileHandle> {
  try {
    return await open(temporaryPath(path), 'w');
  } catch (error) {
    throw asStorageError(error, path);
  }
}
