import { mkdir, unlink } from 'node:fs/promises';
import { asStorageError, systemErrorCode } from '../../errors/storage-error.ts';

/** Makes a folder and those above it, where they are missing. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw asStorageError(error, path);
  }
}

export async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
}
