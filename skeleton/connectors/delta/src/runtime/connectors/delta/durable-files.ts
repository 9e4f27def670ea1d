import { link, mkdir, open, rename, unlink } from 'node:fs/promises';
import { asStorageError, systemErrorCode } from '../../errors/storage-error.ts';
import { syncToDisk } from '../../storage/durable-files.ts';

/** Makes a folder and those above it, where they are missing. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw asStorageError(error, path);
  }
}

/** Writes a file of its own and forces it to the disk; fails when the file exists. */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Gives a finished file its name, unless somebody else took the name first. Readers see all of it or nothing.
 *
 * @returns whether the name was free
 */
export async function publishExclusively(temporary: string, name: string, folder: string): Promise<boolean> {
  try {
    await link(temporary, name);
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await removeIfThere(temporary);
  }
  await syncToDisk(folder);
  return true;
}

/** Gives a finished file its name, in place of a file that has it. */
export async function publishOver(temporary: string, name: string, folder: string): Promise<void> {
  await rename(temporary, name);
  await syncToDisk(folder);
}

export async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
}
