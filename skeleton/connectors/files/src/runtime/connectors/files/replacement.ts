import { lstat, mkdir, readdir, readlink, rename, rm, rmdir, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { asStorageError, systemErrorCode } from '../../errors/storage-error.ts';
import { syncToDisk } from '../../storage/durable-files.ts';
import type { WriterFolder } from '../../storage/writer-folder.ts';

/**
 * A link to the contents that it lies in. Its presence is the decision that they replace those of the table; from then
 * on there is no way back. To move it to the name of the table is to do so, which nobody can do twice.
 */
const READY = '_ready';

/** Where runs fill the folders that are to replace a table: beside it, under a hidden name. */
export function replacementRoot(table: string): string {
  return join(dirname(table), `.${basename(table)}.staging`);
}

/**
 * Replaces the contents of a table by a folder that a run has filled beside it. The table is a symbolic link to its
 * contents, `.orders.contents/<run>`, and one rename puts another link in its place: a reader finds the old contents
 * or the new ones at any moment. The old ones stay until the next run, for those that have followed the link to them.
 *
 * A table that is a folder, because it was appended to so far, becomes a link with its first replacement. Only then
 * there is a moment without any, between two renames; a crash there is mended by `recover`.
 */
export class Replacement {
  readonly #table: string;
  readonly #folder: WriterFolder;
  readonly #contents: string;
  readonly #former: string;

  /** @param folder the one to fill, below `replacementRoot(table)` */
  constructor(table: string, folder: WriterFolder) {
    this.#table = table;
    this.#folder = folder;
    this.#contents = join(dirname(table), `.${basename(table)}.contents`);
    this.#former = join(dirname(table), `.${basename(table)}.former`);
  }

  /** The folder whose decision is made, while the table still has to be replaced by it; of any run. */
  async ready(): Promise<string | undefined> {
    const root = replacementRoot(this.#table);
    const streams = (await namesIn(root)).map((name) => join(root, name));
    for (const parent of [...streams, this.#contents]) {
      for (const name of await namesIn(parent)) {
        if (await kindOf(join(parent, name, READY))) return join(parent, name);
      }
    }
    return undefined;
  }

  /** Completes what was decided before a crash, and removes what nobody reads any more. */
  async recover(): Promise<void> {
    await this.#guard(async () => {
      await mkdir(dirname(this.#table), { recursive: true });
      for (let ready = await this.ready(); ready !== undefined; ready = await this.ready()) await this.#swap(ready);
      await this.#restore();
      await this.#cleanUp();
    });
  }

  async complete(): Promise<void> {
    await this.#guard(async () => {
      await symlink(this.#linkTo(this.#folder.path), join(this.#folder.path, READY));
      await syncToDisk(this.#folder.path);
      await this.#swap(this.#folder.path);
    });
  }

  async #swap(folder: string): Promise<void> {
    const contents = join(this.#contents, basename(folder));
    if (folder !== contents) {
      await mkdir(this.#contents, { recursive: true });
      await rename(folder, contents);
      await syncToDisk(this.#contents);
    }
    if ((await kindOf(this.#table)) === 'folder') {
      await rm(this.#former, { recursive: true, force: true });
      await rename(this.#table, this.#former);
    }
    await this.#requireLink(contents);
    try {
      await rename(join(contents, READY), this.#table);
    } catch (error) {
      await this.#restore();
      throw error;
    }
    await syncToDisk(dirname(this.#table));
  }

  /** Version 0.1.0 decided by an empty file. */
  async #requireLink(contents: string): Promise<void> {
    if ((await kindOf(join(contents, READY))) !== 'other') return;
    const link = join(contents, `.${READY}`);
    await rm(link, { force: true });
    await symlink(this.#linkTo(contents), link);
    await rename(link, join(contents, READY));
  }

  /** As the table names it, from beside it. */
  #linkTo(folder: string): string {
    return join(basename(this.#contents), basename(folder));
  }

  /** Puts a former folder back, unless there is a table. */
  async #restore(): Promise<void> {
    if ((await kindOf(this.#table)) !== undefined || (await kindOf(this.#former)) === undefined) return;
    await rename(this.#former, this.#table);
  }

  async #cleanUp(): Promise<void> {
    await rm(this.#former, { recursive: true, force: true });
    const current = (await kindOf(this.#table)) === 'link' ? basename(await readlink(this.#table)) : undefined;
    for (const name of await namesIn(this.#contents)) {
      if (name !== current) await rm(join(this.#contents, name), { recursive: true, force: true });
    }
    if (current === undefined) await rmdir(this.#contents).catch(ignoreMissing);
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

/** What has a name, `undefined` if nothing; a link is one wherever it leads. */
async function kindOf(path: string): Promise<'folder' | 'link' | 'other' | undefined> {
  try {
    const found = await lstat(path);
    if (found.isSymbolicLink()) return 'link';
    return found.isDirectory() ? 'folder' : 'other';
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}

function ignoreMissing(error: unknown): void {
  if (systemErrorCode(error) !== 'ENOENT') throw error;
}
