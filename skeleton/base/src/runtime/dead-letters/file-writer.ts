import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { asStorageError } from '../errors/storage-error.ts';
import { syncToDisk } from '../storage/durable-files.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { DeadLetterWriter } from './dead-letter-store.ts';
import { readLines } from './lines.ts';
import type { FailedReplay, FailureMarker, ReplayMarker, ReplayOutcome } from './replay-outcome.ts';

const identitySchema = z.object({ id: z.string(), sequence: z.int() });

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
   * Opens the file, makes it where it is missing, and cuts off a last line that a killed process did not finish: the
   * batch it belongs to was not committed and comes again.
   *
   * @param afterSequence the last committed batch: letters up to it cannot come again and are not remembered
   * @throws PipelineError `STORAGE` or `ACCESS_DENIED`
   */
  static async open(directory: string, resource: string, afterSequence = -1): Promise<FileDeadLetterWriter> {
    const file = deadLetterFile(directory, resource);
    let handle: FileHandle | undefined;
    try {
      await mkdir(directory, { recursive: true });
      handle = await open(file, 'a');
      const { ids, size } = await readIdentities(file, afterSequence);
      if ((await handle.stat()).size !== size) await handle.truncate(size);
      await syncToDisk(dirname(file));
      return new FileDeadLetterWriter(file, handle, ids, size);
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

/** Ids of the letters after a sequence, and the size of the file up to its last complete line. */
async function readIdentities(file: string, afterSequence: number): Promise<{ ids: Set<string>; size: number }> {
  const ids = new Set<string>();
  let size = 0;
  for await (const { text, end } of readLines(file)) {
    const identity = parseIdentity(text);
    if (identity !== undefined && identity.sequence > afterSequence) ids.add(identity.id);
    size = end;
  }
  return { ids, size };
}

/** Of a marker, or of a line that somebody damaged, `undefined`: neither can come again. */
function parseIdentity(text: string): { id: string; sequence: number } | undefined {
  try {
    return identitySchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
