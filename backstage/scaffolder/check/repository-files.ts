import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** Texts of the files of a repository by their paths, with `/` between folders. Data and binary files have none. */
export type RepositoryFiles = ReadonlyMap<string, string | undefined>;

const NOT_RENDERED = /^(\.git|node_modules|data)\//;

/** Reads all files that the template may have rendered. */
export async function readRepository(folder: string): Promise<RepositoryFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !NOT_RENDERED.test(path))
    .toSorted();
  const texts = await Promise.all(paths.map(async (path) => [path, await readText(join(folder, path))] as const));
  return new Map(texts);
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
