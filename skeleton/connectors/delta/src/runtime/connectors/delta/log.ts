import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { asStorageError, systemErrorCode } from '../../errors/storage-error.ts';
import { DurableFile } from '../../storage/durable-files.ts';
import { type Action, actionSchema } from './actions.ts';
import { makeFolder } from './durable-files.ts';

const COMMIT = /^(\d{20})\.json$/;
const CHECKPOINT = /^(\d{20})\.checkpoint(?:\.(\d{10})\.(\d{10}))?\.parquet$/;
const UUID_CHECKPOINT = /^\d{20}\.checkpoint\.[0-9a-f-]{36}\.(json|parquet)$/;

/** All the files of one checkpoint. */
export interface CheckpointFiles {
  readonly version: number;
  readonly files: readonly string[];
}

export interface LogListing {
  /** Versions whose commit is still there, ascending. */
  readonly commits: readonly number[];
  /** Complete checkpoints, ascending. */
  readonly checkpoints: readonly CheckpointFiles[];
  /** Checkpoints of the form that the table feature `v2Checkpoint` brings. */
  readonly hasUuidCheckpoints: boolean;
}

/** The folder `_delta_log` of a table: one JSON file a version, that nobody ever changes. */
export class DeltaLog {
  readonly folder: string;

  constructor(table: string) {
    this.folder = join(table, '_delta_log');
  }

  commitFile(version: number): string {
    return join(this.folder, `${zeroPadded(version)}.json`);
  }

  checkpointFile(version: number): string {
    return join(this.folder, `${zeroPadded(version)}.checkpoint.parquet`);
  }

  async list(): Promise<LogListing> {
    const names = await this.#names();
    const commits = names.flatMap((name) => (COMMIT.test(name) ? [Number(name.slice(0, 20))] : []));
    return {
      commits: commits.sort((left, right) => left - right),
      checkpoints: completeCheckpoints(this.folder, names),
      hasUuidCheckpoints: names.some((name) => UUID_CHECKPOINT.test(name)),
    };
  }

  /**
   * The actions of a version, `undefined` when there is no such version (yet).
   *
   * @throws PipelineError `UNREADABLE` naming file and line when the commit is damaged
   */
  async read(version: number): Promise<Action[] | undefined> {
    const file = this.commitFile(version);
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return undefined;
      throw asStorageError(error, file);
    }
    return text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [parseAction(line, file, index + 1)]));
  }

  /**
   * Makes a version durable, unless somebody else made it first.
   *
   * @param staging folder where the commit is written before it gets its name
   * @returns whether the version is ours
   */
  async write(version: number, actions: readonly Action[], staging: string): Promise<boolean> {
    const file = this.commitFile(version);
    await makeFolder(this.folder);
    const commit = await DurableFile.create(file, join(staging, `${randomUUID()}.json`));
    try {
      await commit.append([Buffer.from(actions.map((action) => `${JSON.stringify(action)}\n`).join(''))]);
      return await commit.publishUnlessTaken();
    } catch (error) {
      await commit.discard();
      throw error;
    }
  }

  async #names(): Promise<string[]> {
    try {
      return await readdir(this.folder);
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return [];
      throw asStorageError(error, this.folder);
    }
  }
}

function zeroPadded(version: number): string {
  return String(version).padStart(20, '0');
}

function completeCheckpoints(folder: string, names: readonly string[]): CheckpointFiles[] {
  const found = new Map<string, { version: number; parts: number; files: string[] }>();
  for (const name of names) {
    const match = CHECKPOINT.exec(name);
    if (match === null) continue;
    const [, version = '', , parts = '1'] = match;
    const key = `${version}.${match[3] ?? 'whole'}`;
    const checkpoint = found.get(key) ?? { version: Number(version), parts: Number(parts), files: [] };
    checkpoint.files.push(join(folder, name));
    found.set(key, checkpoint);
  }
  return [...found.values()]
    .filter(({ parts, files }) => files.length === parts)
    .sort((left, right) => left.version - right.version);
}

function parseAction(line: string, file: string, number: number): Action {
  try {
    return actionSchema.parse(JSON.parse(line));
  } catch (error) {
    const detail = error instanceof z.ZodError ? z.prettifyError(error) : 'it is not JSON';
    throw new PipelineError('UNREADABLE', `${file}: line ${number} is no action of a Delta log: ${detail}`, {
      where: { file, line: number },
      hint: 'Restore the file from a backup; do not delete it: later versions build on it.',
      cause: error,
    });
  }
}
