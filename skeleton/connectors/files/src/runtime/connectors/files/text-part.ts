import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Columns } from '../../columns/columns.ts';
import { DurableFile } from '../../storage/durable-files.ts';
import { ByteOutput } from './byte-output.ts';
import type { PartFile } from './part-file.ts';
import type { WriteValue } from './write-text.ts';

const compress = promisify(gzip);
/** So much text is written, or compressed, at a time. */
const PIECE_BYTES = 256 * 1024;

interface TextFormat {
  /** What a file starts with. */
  readonly header: string;
  /** Makes what writes record `index` of the columns. */
  readonly writer: (columns: Columns, output: ByteOutput) => WriteValue;
  readonly compression: 'gzip' | 'none';
}

/** A file of text under construction. Compressed files are gzip members one after the other, as the format allows. */
export class TextPart implements PartFile {
  readonly #file: DurableFile;
  readonly #format: TextFormat;
  readonly #output = new ByteOutput();

  private constructor(file: DurableFile, format: TextFormat) {
    this.#file = file;
    this.#format = format;
  }

  /** @throws PipelineError STORAGE, ACCESS_DENIED */
  static async open(path: string, format: TextFormat): Promise<TextPart> {
    const part = new TextPart(await DurableFile.create(path), format);
    try {
      if (format.header !== '') await part.#append(Buffer.from(format.header));
      return part;
    } catch (error) {
      await part.abort();
      throw error;
    }
  }

  async write(columns: Columns): Promise<void> {
    const output = this.#output;
    const write = this.#format.writer(columns, output);
    for (let index = 0; index < columns.length; index++) {
      write(index);
      if (output.length >= PIECE_BYTES) await this.#flush();
    }
    await this.#flush();
  }

  get bytesWritten(): number {
    return this.#file.size;
  }

  finish(): Promise<void> {
    return this.#file.publish();
  }

  abort(): Promise<void> {
    return this.#file.discard();
  }

  async #flush(): Promise<void> {
    const { bytes } = this.#output;
    if (bytes.length > 0) await this.#append(bytes);
    this.#output.clear();
  }

  async #append(text: Buffer): Promise<void> {
    await this.#file.append([this.#format.compression === 'gzip' ? await compress(text) : text]);
  }
}
