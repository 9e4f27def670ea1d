import { createHash, randomUUID } from 'node:crypto';
import { rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asStorageError, systemErrorCode } from '../../errors/storage-error.ts';

/**
 * Where a run writes files before they get their place in a table: `_staging/<stream>/<run>` in the table's folder.
 * Nothing in there is part of the table, so what a killed run left there can go at any time.
 */
export class StagingFolder {
  readonly path: string;
  readonly #ofStream: string;

  constructor(table: string, stream: string) {
    const mark = createHash('sha256').update(stream).digest('hex').slice(0, 16);
    this.#ofStream = join(table, '_staging', mark);
    this.path = join(this.#ofStream, randomUUID());
  }

  /** Removes what all runs of the stream left behind; one that is still at work finds its files gone and fails. */
  async clear(): Promise<void> {
    await this.#remove(this.#ofStream);
  }

  /** Removes the files of this run, and the folders that are empty then. */
  async close(): Promise<void> {
    await this.#remove(this.path);
  }

  async #remove(folder: string): Promise<void> {
    try {
      await rm(folder, { recursive: true, force: true });
      if (folder === this.path) await removeEmpty(this.#ofStream);
      await removeEmpty(dirname(this.#ofStream));
    } catch (error) {
      throw asStorageError(error, folder);
    }
  }
}

async function removeEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(systemErrorCode(error) ?? '')) throw error;
  }
}
