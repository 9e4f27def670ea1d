import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { glob } from 'tinyglobby';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { asStorageError } from '../../errors/storage-error.ts';
import type { Shard } from '../../pipeline/shard.ts';
import type { FilesSource } from './options.ts';

export type FormatName = NonNullable<FilesSource['format']>;
export type Compression = 'gzip' | 'zstd' | 'none';

/** A file that is to be read. */
export interface SourceFile {
  /** As the process opens it. */
  readonly path: string;
  /** Relative to the connection's folder, with forward slashes; what a position remembers. */
  readonly name: string;
  /** Milliseconds since 1970 of the last change. */
  readonly modified: number;
  /** The same of the last change to the file or its name: when it came here, whatever its modification time says. */
  readonly arrived: number;
  readonly size: number;
  readonly format: FormatName;
  readonly compression: Compression;
}

const FORMATS: Readonly<Record<string, FormatName>> = {
  csv: 'csv',
  tsv: 'tsv',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  json: 'json',
  parquet: 'parquet',
};

/**
 * The files that match, in the order in which they are read: by modification time, then by name.
 *
 * @throws PipelineError NOT_FOUND when the folder does not exist; CONFIGURATION when a file has an unknown extension
 */
export async function listSourceFiles(folder: string, options: FilesSource): Promise<SourceFile[]> {
  await requireFolder(folder);
  const names = await glob(options.path, { cwd: folder, ignore: ['**/_*', '**/_*/**'], expandDirectories: false });
  const files = await Promise.all(names.map((name) => describeFile(folder, name, options.format)));
  return files.sort((left, right) => left.modified - right.modified || compareNames(left.name, right.name));
}

/** Whether a file belongs to a shard: by its name alone, so that it stays there when others come and go. */
export function isInShard(name: string, { index, count }: Shard): boolean {
  return createHash('sha256').update(name).digest().readUInt32BE() % count === index;
}

export function compareNames(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

async function requireFolder(folder: string): Promise<void> {
  try {
    await access(folder, constants.R_OK | constants.X_OK);
  } catch (error) {
    throw asStorageError(error, folder);
  }
}

async function describeFile(folder: string, name: string, format: FormatName | undefined): Promise<SourceFile> {
  const path = join(folder, name);
  const [, stem = name, suffix] = /^(.*)\.(gz|zst)$/i.exec(name) ?? [];
  const [, extension = ''] = /\.([^./]+)$/.exec(stem) ?? [];
  const known = format ?? FORMATS[extension.toLowerCase()];
  if (known === undefined) throw unknownFormat(path);
  try {
    const { mtimeMs, ctimeMs, size } = await stat(path);
    return { path, name, modified: mtimeMs, arrived: ctimeMs, size, format: known, compression: compressionOf(suffix) };
  } catch (error) {
    throw asStorageError(error, path);
  }
}

function compressionOf(suffix: string | undefined): Compression {
  if (suffix === undefined) return 'none';
  return suffix.toLowerCase() === 'gz' ? 'gzip' : 'zstd';
}

function unknownFormat(path: string): PipelineError {
  return new PipelineError('CONFIGURATION', `The extension of ${path} does not say which format it has.`, {
    where: { file: path },
    hint: `Set 'format' of the source, or narrow its path to ${Object.keys(FORMATS)
      .map((name) => `*.${name}`)
      .join(', ')}.`,
  });
}
