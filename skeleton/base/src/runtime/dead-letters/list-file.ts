import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { PipelineError } from '../errors/pipeline-error.ts';
import { asStorageError, systemErrorCode } from '../errors/storage-error.ts';
import { shardCountIn } from '../pipeline/shard.ts';
import { deadLetterSchema } from './dead-letter.ts';
import type { DeadLetterFilter, ListedDeadLetter } from './dead-letter-store.ts';
import { type Line, readLines } from './lines.ts';
import { type FailedReplay, isMarker, markerSchema, type ReplayOutcome } from './replay-outcome.ts';

/**
 * Dead letters, oldest first within a resource, resource by resource. Files are streamed: memory holds one letter
 * and the ids of the replayed ones. A run may add letters meanwhile; a line it has not finished is not seen.
 *
 * @throws PipelineError `UNREADABLE` at a line that is no dead letter, naming file and line
 */
export async function* listDeadLetters(
  directory: string,
  filter: DeadLetterFilter = {},
): AsyncGenerator<ListedDeadLetter> {
  for (const file of await deadLetterFiles(directory, filter.resource)) {
    try {
      yield* listFile(file, filter);
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw asStorageError(error, file);
    }
  }
}

async function* listFile(file: string, filter: DeadLetterFilter): AsyncGenerator<ListedDeadLetter> {
  const outcomes = await readOutcomes(file);
  for await (const line of readLines(file)) {
    if (isMarker(line.text)) continue;
    const letter = parseLine(deadLetterSchema, line, file);
    const { replayed, failures = [] } = outcomes.get(letter.id) ?? {};
    const wanted =
      (filter.stage === undefined || letter.stage === filter.stage) &&
      (filter.replayed === undefined || filter.replayed === (replayed !== undefined)) &&
      (filter.id === undefined || letter.id.startsWith(filter.id));
    if (wanted) yield { ...letter, ...(replayed && { replayed }), ...(failures.length > 0 && { failures }) };
  }
}

export async function deadLetterFiles(directory: string, resource: string | undefined): Promise<string[]> {
  try {
    const files = (await readdir(directory)).filter((file) => file.endsWith('.ndjson')).sort();
    return files.filter((file) => resource === undefined || isOf(file, resource)).map((file) => join(directory, file));
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw asStorageError(error, directory);
  }
}

function isOf(file: string, resource: string): boolean {
  return shardCountIn(decodeURIComponent(file.slice(0, -'.ndjson'.length)), resource) !== undefined;
}

interface Outcomes {
  replayed?: ReplayOutcome;
  failures: FailedReplay[];
}

/** What became of the letters of a file, by their ids. */
async function readOutcomes(file: string): Promise<Map<string, Outcomes>> {
  const outcomes = new Map<string, Outcomes>();
  const of = (id: string) => {
    const known = outcomes.get(id) ?? { failures: [] };
    outcomes.set(id, known);
    return known;
  };
  for await (const line of readLines(file)) {
    if (!isMarker(line.text)) continue;
    const marker = parseLine(markerSchema, line, file);
    const { run, at } = marker;
    if ('replayed' in marker) of(marker.replayed).replayed = { run, at };
    else of(marker.failed).failures.push({ run, at, message: marker.message });
  }
  return outcomes;
}

/** @throws PipelineError `UNREADABLE` naming file and line */
export function parseLine<T>(schema: z.ZodType<T>, line: Line, file: string): T {
  try {
    return schema.parse(JSON.parse(line.text));
  } catch (error) {
    throw new PipelineError('UNREADABLE', `${file}:${line.number} is no dead letter.`, {
      where: { file, line: line.number },
      hint: 'Somebody or something edited the file; mend that line or move it elsewhere.',
      cause: error,
    });
  }
}
