import { open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

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
 * Writes a small file, in place of one that is there: a reader, or a run after a crash, finds the old or the new one.
 *
 * @param temporary where it is written before; of two who write the file at once, each needs another one
 */
export async function replaceFile(path: string, content: string, temporary = temporaryPath(path)): Promise<void> {
  const handle = await open(temporary, 'w');
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await publishFile(temporary, path);
}
