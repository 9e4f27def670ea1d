import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { asStorageError, systemErrorCode } from '../errors/storage-error.ts';

/** Forces a file, or the entries of a folder, to the disk, so that they are there after a power cut. */
export async function syncToDisk(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Where a file is written before it gets its name: hidden, so that readers of the folder pass it over. */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.tmp`);
}

/** Gives a finished file its name, in place of a file that has it. Readers see all of it or nothing. */
export async function publishFile(temporary: string, path: string): Promise<void> {
  await rename(temporary, path);
  await syncToDisk(dirname(path));
}

/**
 * A file that is written under a hidden name and gets its own once all of it is on the disk: nobody ever finds half of
 * it there, whatever happens.
 */
export class DurableFile {
  readonly path: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;
  #size = 0;

  private constructor(path: string, temporary: string, handle: FileHandle) {
    this.path = path;
    this.#temporary = temporary;
    this.#handle = handle;
  }

  /** @throws PipelineError `STORAGE`, `ACCESS_DENIED` or `NOT_FOUND` */
  static async create(path: string, temporary = temporaryPath(path)): Promise<DurableFile> {
    try {
      return new DurableFile(path, temporary, await open(temporary, 'w'));
    } catch (error) {
      throw asStorageError(error, path);
    }
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size;
  }

  /**
   * Appends the buffers, one behind the other.
   *
   * @throws PipelineError `STORAGE` when the disk is full or fails: `discard` then
   */
  async append(buffers: readonly Uint8Array[]): Promise<void> {
    try {
      // A disk that fills up takes a part of them and says nothing: the next write is the one that fails.
      for (let rest = behind(buffers, 0); rest.length > 0; ) {
        const { bytesWritten } = await this.#handle.writev(rest);
        this.#size += bytesWritten;
        rest = behind(rest, bytesWritten);
      }
    } catch (error) {
      throw asStorageError(error, this.path);
    }
  }

  /**
   * Gives the file its name, in place of a file that has it.
   *
   * @throws PipelineError `STORAGE` when the disk fails: `discard` then
   */
  async publish(): Promise<void> {
    try {
      await this.#handle.sync();
      await this.#handle.close();
      await publishFile(this.#temporary, this.path);
    } catch (error) {
      throw asStorageError(error, this.path);
    }
  }

  /**
   * Gives the file its name, unless somebody else took the name first; then it is discarded.
   *
   * @returns whether the name was free
   */
  async publishUnlessTaken(): Promise<boolean> {
    try {
      await this.#handle.sync();
      await this.#handle.close();
      await link(this.#temporary, this.path);
    } catch (error) {
      if (systemErrorCode(error) === 'EEXIST') return false;
      throw asStorageError(error, this.path);
    } finally {
      await this.discard();
    }
    await syncToDisk(dirname(this.path));
    return true;
  }

  /** Gives up: nothing of what is not published remains. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await rm(this.#temporary, { force: true });
  }
}

/** What is left of the buffers without their first bytes. */
function behind(buffers: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let passed = bytes;
  return buffers.flatMap((buffer) => {
    const skipped = Math.min(passed, buffer.length);
    passed -= skipped;
    return skipped === buffer.length ? [] : [buffer.subarray(skipped)];
  });
}

/**
 * Writes a small file, in place of one that is there: a reader, or a run after a crash, finds the old or the new one.
 *
 * @param temporary where it is written before; of two who write the file at once, each needs another one
 * @throws PipelineError `STORAGE`, `ACCESS_DENIED` or `NOT_FOUND`; then the old one is still there
 */
export async function replaceFile(path: string, content: string | Uint8Array, temporary?: string): Promise<void> {
  const file = await DurableFile.create(path, temporary);
  try {
    await file.append([Buffer.from(content)]);
    await file.publish();
  } catch (error) {
    await file.discard();
    throw error;
  }
}
