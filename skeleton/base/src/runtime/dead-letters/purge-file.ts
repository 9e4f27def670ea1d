import { asStorageError, systemErrorCode } from '../errors/storage-error.ts';
import { DurableFile } from '../storage/durable-files.ts';
import { deadLetterSchema } from './dead-letter.ts';
import type { PurgeFilter } from './dead-letter-store.ts';
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

async function writeWithout(file: string, purged: ReadonlySet<string>): Promise<void> {
  const written = await DurableFile.create(file);
  try {
    for await (const line of readLines(file)) {
      const id = isMarker(line.text) ? aboutWhich(parseLine(markerSchema, line, file)) : idOf(line.text);
      if (!purged.has(id)) await written.append([Buffer.from(`${line.text}\n`)]);
    }
    await written.publish();
  } catch (error) {
    await written.discard();
    throw error;
  }
}

function aboutWhich(marker: ReturnType<typeof markerSchema.parse>): string {
  return 'replayed' in marker ? marker.replayed : marker.failed;
}

/** Of a line that was parsed before. */
function idOf(text: string): string {
  return deadLetterSchema.parse(JSON.parse(text)).id;
}
