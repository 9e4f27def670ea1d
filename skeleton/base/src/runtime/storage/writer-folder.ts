import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asStorageError, systemErrorCode } from '../errors/storage-error.ts';
import { fencedAtSink } from '../pipeline/fenced.ts';

/**
 * Where one run prepares files, `<root>/<stream>/<run>`, before it moves or links them to where readers see them.
 *
 * A run claims its stream by taking the folders of all others away. Whatever one of them does later, however late, it
 * finds nothing that it could publish: the file system refuses its commits, whatever any clock or lock says.
 */
export class WriterFolder {
  readonly path: string;
  readonly #root: string;
  readonly #ofStream: string;
  readonly #stream: string;
  readonly #writer: string;

  /** @param root on the file system of the table, hidden from its readers */
  constructor(root: string, stream: string, writer: string) {
    this.#root = root;
    this.#stream = stream;
    this.#writer = writer;
    this.#ofStream = join(root, createHash('sha256').update(stream).digest('hex').slice(0, 16));
    this.path = join(this.#ofStream, writer);
  }

  /** To be called before the stream is claimed only: a run that lost its folder must not make another one. */
  async create(): Promise<void> {
    await this.#guard(() => mkdir(this.path, { recursive: true }));
  }

  /** Makes this run the only one that can publish files of the stream, and removes what all others left behind. */
  async claim(): Promise<void> {
    await this.create();
    await this.expelOthers();
  }

  /** Takes the folders of all other runs of the stream away. */
  async expelOthers(): Promise<void> {
    for (const other of await this.#writers()) {
      if (other !== this.#writer) await this.#takeAway(join(this.#ofStream, other));
    }
    await this.#removeEmpty();
  }

  /** Takes the folder out of its place at once, and then removes it: nobody adds a file meanwhile. */
  async #takeAway(folder: string): Promise<void> {
    const gone = join(this.#root, `.${randomUUID()}`);
    await this.#guard(async () => {
      await rename(folder, gone).catch(ignoreMissing);
      await rm(gone, { recursive: true, force: true });
    });
  }

  /**
   * Runs work that publishes files of this folder.
   *
   * @param successor finds the run that has written last, for the message
   * @throws PipelineError `FENCED` when the work fails because another run has taken the folder away
   */
  async publish<T>(work: () => Promise<T>, successor: () => Promise<string | undefined>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const writers = await this.#writers();
      if (writers.includes(this.#writer)) throw error;
      const newest = writers.sort().at(-1) ?? (await successor().catch(() => undefined));
      throw fencedAtSink(this.#stream, newest, error);
    }
  }

  /** Removes the folder, and those around it that are empty then. */
  async close(): Promise<void> {
    await this.#guard(async () => {
      await rm(this.path, { recursive: true, force: true });
      await this.#removeEmpty();
    });
  }

  async #removeEmpty(): Promise<void> {
    for (const folder of [this.#ofStream, this.#root]) await rmdir(folder).catch(ignoreInUse);
  }

  async #writers(): Promise<string[]> {
    try {
      return await readdir(this.#ofStream);
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return [];
      throw asStorageError(error, this.#ofStream);
    }
  }

  async #guard(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw asStorageError(error, dirname(this.#root));
    }
  }
}

function ignoreMissing(error: unknown): void {
  if (systemErrorCode(error) !== 'ENOENT') throw error;
}

function ignoreInUse(error: unknown): void {
  if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(systemErrorCode(error) ?? '')) throw error;
}
