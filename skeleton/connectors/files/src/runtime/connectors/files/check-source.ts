import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { asStorageError } from '../../errors/storage-error.ts';
import { type Check, failedCheck } from '../../pipeline/check.ts';
import { fileFormat } from './file-formats.ts';
import type { FilesSource } from './options.ts';
import { listSourceFiles, type SourceFile } from './source-files.ts';

/** Files whose contents preflight looks at: the newest. */
const OPENED_FILES = 5;

/** What preflight finds: whether files match, may be read, and are what their format says. */
export async function checkSource(folder: string, options: FilesSource): Promise<Check[]> {
  const name = `read ${join(folder, options.path)}`;
  try {
    const files = await listSourceFiles(folder, options);
    if (files.length === 0) return [{ name, ok: true, detail: 'No file matches.' }];
    for (const { path } of files) await requireReadable(path);
    const found: Check = { name, ok: true, detail: describeFiles(files) };
    return [found, ...(await Promise.all(files.slice(-OPENED_FILES).map((file) => checkFile(file, options))))];
  } catch (error) {
    return [failedCheck(name, error)];
  }
}

async function requireReadable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
  } catch (error) {
    throw asStorageError(error, path);
  }
}

async function checkFile(file: SourceFile, options: FilesSource): Promise<Check> {
  const name = `open ${file.path}`;
  if (file.size === 0) return { name, ok: true, detail: 'It is empty: no records, not even a header.' };
  try {
    const columns = await fileFormat(file).columnTypes(file, options, 10);
    return { name, ok: true, detail: `${file.format} with ${columns.size} columns: ${[...columns.keys()].join(', ')}` };
  } catch (error) {
    return failedCheck(name, error);
  }
}

function describeFiles(files: readonly SourceFile[]): string {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  return `${files.length} ${files.length === 1 ? 'file' : 'files'}, ${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
