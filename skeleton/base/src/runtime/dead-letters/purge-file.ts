import { asStorageError, systemErrorCode } from '../errors/storage-error.ts';
import { DurableFile } from '../storage/durable-files.ts';
import { deadLetterSchema } from './dead-letter.ts';
import type { PurgeFilter } from './dead-letter-store.ts';
import { letterOf, readLetterLine } from './letter-line.ts';
import { readLines } from './lines.ts';
import { parseLine } from './list-file.ts';
import { isMarker, markerSchema } from './replay-outcome.ts';

/**
 * Writes a file of dead letters anew without those that are purged, and without what is noted about them. Readers, and
 * a run after a crash, find the old file or the new one. Only who holds the lease of its part may.
 *
 * @returns how many letters went
 * @throws PipelineError `UNREADABLE` at a line that is no dead letter, `STORAGE`
 */
export async function purgeFile(file: string, { before, replayedOnly }: PurgeFilter): Promise<number> {
  try {
    const replayed = await replayedIds(file);
    const purged = new Set<string>();
    for await (const line of readLines(file)) {
      if (isMarker(line.text)) continue;
      const { id, timestamp } = parseLine(deadLetterSchema, line, file);
      if (Date.parse(timestamp) < before && (!replayedOnly || replayed.has(id))) purged.add(id);
    }
    if (purged.size > 0) await writeWithout(file, purged);
    return purged.size;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return 0;
    throw asStorageError(error, file);
  }
}

async function replayedIds(file: string): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const line of readLines(file)) {
    const marker = isMarker(line.text) ? parseLine(markerSchema, line, file) : undefined;
    if (marker !== undefined && 'replayed' in marker) ids.add(marker.replayed);
  }
  return ids;
}

/** Writes a file anew without some letters, and what is noted about them. Lines that somebody damaged stay. */
export async function writeWithout(file: string, ids: ReadonlySet<string>): Promise<void> {
  const written = await DurableFile.create(file);
  try {
    for await (const { text } of readLines(file)) {
      const line = readLetterLine(text);
      if (line === undefined || !ids.has(letterOf(line))) await written.append([Buffer.from(`${text}\n`)]);
    }
    await written.publish();
  } catch (error) {
    await written.discard();
    throw error;
  }
}
