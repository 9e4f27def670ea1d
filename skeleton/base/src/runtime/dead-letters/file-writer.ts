import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asStorageError } from '../errors/storage-error.ts';
import { syncToDisk } from '../storage/durable-files.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { DeadLetterWriter } from './dead-letter-store.ts';
import { letterOf, readLetterLine } from './letter-line.ts';
import { readLines } from './lines.ts';
import { writeWithout } from './purge-file.ts';
import type { FailedReplay, FailureMarker, ReplayMarker, ReplayOutcome } from './replay-outcome.ts';

/** The file of a resource's dead letters: one JSON object a line. */
export function deadLetterFile(directory: string, resource: string): string {
  return join(directory, `${encodeURIComponent(resource)}.ndjson`);
}

/** Adds to the file of a part. Only who holds the lease of the part may open it. */
export class FileDeadLetterWriter implements DeadLetterWriter {
  readonly #file: string;
  readonly #handle: FileHandle;
  /** Ids that must not come twice. */
  readonly #ids: Set<string>;
  #size: number;

  private constructor(file: string, handle: FileHandle, ids: Set<string>, size: number) {
    this.#file = file;
    this.#handle = handle;
    this.#ids = ids;
    this.#size = size;
  }

  /**
   * Opens the file, makes it where it is missing, and takes back what a killed run left behind the last commit: its
   * batches come again, from a source that may have gained and lost records in between, and with them those of its
   * letters that are still due. What was replayed since stays. So does all of it where nothing is committed, because
   * nobody knows whether the source has those records still; and a line that was not finished goes in any case.
   *
   * @param afterSequence the last committed batch; `undefined` when there is none
   * @throws PipelineError `STORAGE` or `ACCESS_DENIED`
   */
  static async open(directory: string, resource: string, afterSequence?: number): Promise<FileDeadLetterWriter> {
    const file = deadLetterFile(directory, resource);
    let handle: FileHandle | undefined;
    try {
      await mkdir(directory, { recursive: true });
      await (await open(file, 'a')).close();
      let later = await readLater(file, afterSequence ?? -1);
      if (afterSequence !== undefined && later.untouched.size > 0) {
        await writeWithout(file, later.untouched);
        later = await readLater(file, afterSequence);
      }
      handle = await open(file, 'a');
      if ((await handle.stat()).size !== later.size) await handle.truncate(later.size);
      await syncToDisk(dirname(file));
      return new FileDeadLetterWriter(file, handle, later.ids, later.size);
    } catch (error) {
      await handle?.close();
      throw asStorageError(error, file);
    }
  }

  /**
   * Adds the letters that are not there yet. When it resolves they are on the disk; when it rejects none of them is.
   *
   * @returns how many were new
   * @throws PipelineError `STORAGE`
   */
  async append(letters: readonly DeadLetter[]): Promise<number> {
    const fresh = new Map<string, DeadLetter>();
    for (const letter of letters) if (!this.#ids.has(letter.id)) fresh.set(letter.id, letter);
    await this.#write([...fresh.values()]);
    for (const id of fresh.keys()) this.#ids.add(id);
    return fresh.size;
  }

  async markReplayed(ids: readonly string[], { run, at }: ReplayOutcome): Promise<void> {
    await this.#write(ids.map((id): ReplayMarker => ({ replayed: id, run, at })));
  }

  async markFailed(id: string, { run, at, message }: FailedReplay): Promise<void> {
    await this.#write([{ failed: id, run, at, message } satisfies FailureMarker]);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #write(lines: readonly (DeadLetter | ReplayMarker | FailureMarker)[]): Promise<void> {
    if (lines.length === 0) return;
    const bytes = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    try {
      await this.#handle.appendFile(bytes);
      await this.#handle.datasync();
      this.#size += bytes.length;
    } catch (error) {
      await this.#handle.truncate(this.#size).catch(() => {});
      throw asStorageError(error, this.#file);
    }
  }
}

interface Later {
  /** Ids of the letters after a sequence. */
  readonly ids: Set<string>;
  /** Those of them that nobody has replayed or tried to. */
  readonly untouched: ReadonlySet<string>;
  /** Of the file up to its last complete line. */
  readonly size: number;
}

async function readLater(file: string, afterSequence: number): Promise<Later> {
  const ids = new Set<string>();
  const touched = new Set<string>();
  let size = 0;
  for await (const { text, end } of readLines(file)) {
    const line = readLetterLine(text);
    if (line !== undefined && !('sequence' in line)) touched.add(letterOf(line));
    else if (line !== undefined && line.sequence > afterSequence) ids.add(line.id);
    size = end;
  }
  return { ids, untouched: ids.difference(touched), size };
}
