import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { asStorageError, systemErrorCode } from '../../errors/storage-error.ts';
import { syncToDisk } from '../../storage/durable-files.ts';

/** Its presence in the folder that is being filled is the decision to replace the table; from then on there is no way back. */
const READY = '_ready';

/**
 * Replaces a folder by another one that is filled beside it, under a hidden name. A crash in between leaves either the
 * old table, or one that `recover` completes; between two renames there is a moment without any.
 */
export class Replacement {
  /** The folder to fill. */
  readonly staging: string;
  readonly #table: string;
  readonly #former: string;

  constructor(table: string) {
    this.#table = table;
    this.staging = join(dirname(table), `.${basename(table)}.staging`);
    this.#former = join(dirname(table), `.${basename(table)}.former`);
  }

  /** Whether the decision is made and the table still has to be replaced. */
  async isReady(): Promise<boolean> {
    return exists(join(this.staging, READY));
  }

  /** Completes what was decided before a crash; throws away what was not. */
  async recover(): Promise<void> {
    await this.#guard(async () => {
      if (await this.isReady()) await this.#swap();
      else await rm(this.staging, { recursive: true, force: true });
      await this.#cleanUp();
    });
  }

  async discard(): Promise<void> {
    await this.#guard(() => rm(this.staging, { recursive: true, force: true }));
  }

  async complete(): Promise<void> {
    await this.#guard(async () => {
      await writeFile(join(this.staging, READY), '');
      await syncToDisk(this.staging);
      await this.#swap();
      await this.#cleanUp();
    });
  }

  async #swap(): Promise<void> {
    if (await exists(this.#table)) {
      await rm(this.#former, { recursive: true, force: true });
      await rename(this.#table, this.#former);
    }
    await rename(this.staging, this.#table);
    await syncToDisk(dirname(this.#table));
  }

  async #cleanUp(): Promise<void> {
    await rm(join(this.#table, READY), { force: true });
    await rm(this.#former, { recursive: true, force: true });
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await mkdir(dirname(this.#table), { recursive: true });
      await work();
    } catch (error) {
      throw asStorageError(error, this.#table);
    }
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
