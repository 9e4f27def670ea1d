import { randomUUID } from 'node:crypto';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Columns } from '../../columns/columns.ts';
import { asStorageError } from '../../errors/storage-error.ts';
import { ParquetWriter } from '../../formats/parquet/parquet-writer.ts';
import type { TableSchema } from '../../schema/table-schema.ts';
import { syncToDisk } from '../../storage/durable-files.ts';
import type { AddFile } from './actions.ts';
import { removeIfThere } from './durable-files.ts';
import { type PartitionValues, partitionFolder, splitByPartition, toLogPath } from './partitions.ts';
import { formatStatistics } from './statistics.ts';
import { toStoredColumns } from './stored-columns.ts';

/** Size at which a file is closed and the next one begun. */
const FILE_BYTES = 128 * 1024 * 1024;
/** Files that are open at a time, one a partition, and what their records may take in memory, uncompressed. */
const OPEN_FILES = 128;
const OPEN_BYTES = 64 * 1024 * 1024;

interface OpenPart {
  readonly values: PartitionValues;
  readonly staged: string;
  readonly writer: ParquetWriter;
}

/** A data file in its place; it is part of the table once its `add` is committed. */
export interface DataFile {
  /** Relative to the table. */
  readonly path: string;
  readonly add: AddFile;
  readonly rows: number;
}

/**
 * The data files of the next commit. They are written in the staging folder and get their place in the table right
 * before the commit: so whatever a killed run left in the staging folder is not part of the table.
 */
export class PartFiles {
  readonly #table: string;
  readonly #staging: string;
  readonly #schema: TableSchema;
  readonly #partitionColumns: readonly string[];
  readonly #open = new Map<string, OpenPart>();
  readonly #finished: { readonly staged: string; readonly file: DataFile }[] = [];

  /** @param schema columns of the data files, without the partition columns */
  constructor(table: string, staging: string, schema: TableSchema, partitionColumns: readonly string[]) {
    this.#table = table;
    this.#staging = staging;
    this.#schema = schema;
    this.#partitionColumns = partitionColumns;
  }

  /** Whether the next commit is large enough. */
  get full(): boolean {
    const finished = this.#finished.reduce((sum, { file }) => sum + file.add.size, 0);
    const open = this.#open.values().reduce((sum, { writer }) => sum + writer.bytesWritten, 0);
    return finished + open >= FILE_BYTES;
  }

  async write(columns: Columns): Promise<void> {
    for (const partition of splitByPartition(columns, this.#partitionColumns)) {
      const part = await this.#partFor(partition.values);
      await part.writer.write(toStoredColumns(partition.columns, this.#schema));
      if (part.writer.bytesWritten >= FILE_BYTES) await this.#finish(part);
      else await this.#limitOpenFiles();
    }
  }

  /** Closes the files and puts them in their places. */
  async publish(): Promise<DataFile[]> {
    await Promise.all(Array.from(this.#open.values(), (part) => this.#finish(part)));
    const published = this.#finished.splice(0);
    const files = published.map(({ file }) => file);
    try {
      for (const { staged, file } of published) await this.#move(staged, join(this.#table, file.path));
      await Promise.all(Array.from(this.#foldersOf(files), syncToDisk));
    } catch (error) {
      await this.withdraw(files);
      throw error;
    }
    return files;
  }

  /** Gives up the files that are not published. */
  async discard(): Promise<void> {
    for (const { writer } of this.#open.values()) await writer.abort();
    for (const { staged } of this.#finished) await removeIfThere(staged);
    this.#open.clear();
    this.#finished.length = 0;
  }

  /** Removes published files that will not be committed. */
  async withdraw(files: readonly DataFile[]): Promise<void> {
    for (const { path } of files) await removeIfThere(join(this.#table, path));
  }

  async #partFor(values: PartitionValues): Promise<OpenPart> {
    const key = JSON.stringify(values);
    const open = this.#open.get(key);
    if (open !== undefined) return open;
    const staged = join(this.#staging, `${randomUUID()}.parquet`);
    const writer = await ParquetWriter.open(staged, this.#schema);
    const part = { values, staged, writer };
    this.#open.set(key, part);
    return part;
  }

  /** Closes the largest file of several when they take too much memory together. */
  async #limitOpenFiles(): Promise<void> {
    const open = [...this.#open.values()].sort((left, right) => right.writer.bytesGathered - left.writer.bytesGathered);
    const [largest] = open;
    const gathered = open.reduce((sum, { writer }) => sum + writer.bytesGathered, 0);
    if (largest === undefined || open.length < 2) return;
    if (open.length > OPEN_FILES || gathered > OPEN_BYTES) await this.#finish(largest);
  }

  async #finish({ values, staged, writer }: OpenPart): Promise<void> {
    const summary = await writer.finish();
    this.#open.delete(JSON.stringify(values));
    const number = String(this.#finished.length).padStart(5, '0');
    const path = join(partitionFolder(values), `part-${number}-${randomUUID()}.parquet`);
    const add: AddFile = {
      path: toLogPath(path),
      partitionValues: values,
      size: summary.bytes,
      modificationTime: Date.now(),
      dataChange: true,
      stats: formatStatistics(summary, this.#schema.fields),
    };
    this.#finished.push({ staged, file: { path, add, rows: summary.rows } });
  }

  /** The folder of the table, and those of its partitions that hold the files. */
  #foldersOf(files: readonly DataFile[]): Set<string> {
    const folders = new Set<string>([this.#table]);
    for (const { path } of files) {
      for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) folders.add(join(this.#table, folder));
    }
    return folders;
  }

  async #move(staged: string, target: string): Promise<void> {
    try {
      await mkdir(dirname(target), { recursive: true });
      await rename(staged, target);
    } catch (error) {
      throw asStorageError(error, target);
    }
  }
}
