import { createReadStream } from 'node:fs';
import { pipeline, Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { PipelineError } from '../../errors/pipeline-error.ts';
import type { SourceFile } from './source-files.ts';

const CHUNK = 256 * 1024;

/**
 * The contents of a file, decompressed on the way: never more of them than a few chunks is in memory.
 *
 * @throws PipelineError UNREADABLE when the compression is broken or ends too soon, with the byte where
 */
export async function* decompress({ path, compression }: SourceFile): AsyncGenerator<Buffer> {
  const raw = createReadStream(path, { highWaterMark: CHUNK });
  if (compression === 'none') {
    for await (const chunk of raw) yield chunk;
    return;
  }
  const archive = new Archive(raw);
  try {
    const create = compression === 'gzip' ? createGunzip : createZstdDecompress;
    do yield* archive.nextFrame(create({ chunkSize: CHUNK }));
    while (await archive.hasMore());
  } catch (error) {
    throw asArchiveError(error, path, compression, archive.offset);
  } finally {
    raw.destroy();
  }
}

/** A compressed file: frames one after the other. Node.js goes on by itself behind those of gzip, not of zstd. */
class Archive {
  readonly #chunks: AsyncIterator<Buffer>;
  /** What was read of the file and is behind `offset`. */
  #ahead: Buffer[] = [];
  /** Bytes that are decompressed. */
  offset = 0;

  constructor(raw: AsyncIterable<Buffer>) {
    this.#chunks = raw[Symbol.asyncIterator]();
  }

  async *nextFrame(decoder: Transform & { readonly bytesWritten: number }): AsyncGenerator<Buffer> {
    const start = this.offset;
    const given = this.#ahead;
    this.#ahead = [];
    const input = Readable.from(this.#feed(given), { highWaterMark: 1 });
    // A failure of either stream reaches whoever reads from the last one.
    const output: AsyncIterable<Buffer> = pipeline(input, decoder, () => undefined);
    try {
      for await (const chunk of output) {
        this.#moveTo(start + decoder.bytesWritten);
        yield chunk;
      }
    } finally {
      this.#moveTo(start + decoder.bytesWritten);
    }
  }

  async hasMore(): Promise<boolean> {
    if (this.#ahead.length === 0) await this.#read();
    return this.#ahead.length > 0;
  }

  async *#feed(given: readonly Buffer[]): AsyncGenerator<Buffer> {
    for (const chunk of given) {
      this.#ahead.push(chunk);
      yield chunk;
    }
    for (let chunk = await this.#read(); chunk !== undefined; chunk = await this.#read()) yield chunk;
  }

  async #read(): Promise<Buffer | undefined> {
    const { done, value } = await this.#chunks.next();
    if (done === true) return undefined;
    this.#ahead.push(value);
    return value;
  }

  #moveTo(offset: number): void {
    let passed = offset - this.offset;
    this.offset = offset;
    for (let [first] = this.#ahead; first !== undefined && passed > 0; [first] = this.#ahead) {
      this.#ahead.shift();
      if (first.length > passed) this.#ahead.unshift(first.subarray(passed));
      passed -= Math.min(passed, first.length);
    }
  }
}

function asArchiveError(error: unknown, path: string, compression: string, offset: number): unknown {
  if (!(error instanceof Error && 'code' in error && /^(Z_|ZSTD_)/.test(String(error.code)))) return error;
  const message = `${path} is no complete ${compression} file: ${error.message} (around byte ${offset} of it).`;
  return new PipelineError('UNREADABLE', message, {
    where: { file: path },
    hint: 'Check that the file was copied completely, and that its extension says how it is compressed.',
    cause: error,
  });
}
