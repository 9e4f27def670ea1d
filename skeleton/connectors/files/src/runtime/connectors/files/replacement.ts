import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { asStorageError, systemErrorCode } from '../../errors/storage-error.ts';
import { replaceFile, syncToDisk } from '../../storage/durable-files.ts';
import type { WriterFolder } from '../../storage/writer-folder.ts';

/** Its presence in the folder that is being filled is the decision to replace the table; from then on there is no way back. */
const READY = '_ready';

/** Where runs fill the folders that are to replace a table: beside it, under a hidden name. */
export function replacementRoot(table: string): string {
  return join(dirname(table), `.${basename(table)}.staging`);
}

/**
 * Replaces a folder by another one that a run has filled beside it. A crash in between leaves either the old table, or
 * one that `recover` completes; between two renames there is a moment without any.
 */
export class Replacement {
  readonly #table: string;
  readonly #folder: WriterFolder;
  readonly #former: string;

  /** @param folder the one to fill, below `replacementRoot(table)` */
  constructor(table: string, folder: WriterFolder) {
    this.#table = table;
    this.#folder = folder;
    this.#former = join(dirname(table), `.${basename(table)}.former`);
  }

  /** The folder whose decision is made, while the table still has to be replaced by it; of any run. */
  async ready(): Promise<string | undefined> {
    const root = replacementRoot(this.#table);
    for (const stream of await namesIn(root)) {
      for (const writer of await namesIn(join(root, stream))) {
        if (await exists(join(root, stream, writer, READY))) return join(root, stream, writer);
      }
    }
    return undefined;
  }

  /** Completes what was decided before a crash. */
  async recover(): Promise<void> {
    await this.#guard(async () => {
      await mkdir(dirname(this.#table), { recursive: true });
      const ready = await this.ready();
      if (ready !== undefined) await this.#swap(ready);
      // One that lost its folder between the two renames had nothing left to put in this place.
      if (!(await exists(this.#table))) await this.#restore();
      await this.#cleanUp();
    });
  }

  async complete(): Promise<void> {
    await this.#guard(async () => {
      await replaceFile(join(this.#folder.path, READY), '');
      await this.#swap(this.#folder.path);
      await this.#cleanUp();
    });
  }

  async #swap(staging: string): Promise<void> {
    await stat(staging);
    if (await exists(this.#table)) {
      await rm(this.#former, { recursive: true, force: true });
      await rename(this.#table, this.#former);
    }
    try {
      await rename(staging, this.#table);
    } catch (error) {
      await this.#restore();
      throw error;
    }
    await syncToDisk(dirname(this.#table));
  }

  /** Puts the former table back, unless there is one. */
  async #restore(): Promise<void> {
    await rename(this.#former, this.#table).catch((error: unknown) => {
      if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(systemErrorCode(error) ?? '')) throw error;
    });
  }

  async #cleanUp(): Promise<void> {
    await rm(join(this.#table, READY), { force: true });
    await rm(this.#former, { recursive: true, force: true });
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw asStorageError(error, this.#table);
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith('.'));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return [];
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
