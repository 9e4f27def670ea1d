import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { PipelineError } from '../errors/pipeline-error.ts';
import { asStorageError, systemErrorCode } from '../errors/storage-error.ts';
import { shardCountIn } from '../pipeline/shard.ts';
import type { StageName } from '../pipeline/stage.ts';
import { type DeadLetter, deadLetterSchema } from './dead-letter.ts';
import { type Line, readLines } from './lines.ts';
import { isReplayMarker, type ReplayMarker, replayMarkerSchema } from './replay-marker.ts';

export interface DeadLetterFilter {
  /** The name of a resource, which includes those of its shards. */
  readonly resource?: string;
  readonly stage?: StageName;
  /** `true`: only letters that were replayed, `false`: only those that were not. */
  readonly replayed?: boolean;
  /** The id, or its start. */
  readonly id?: string;
}

export interface ListedDeadLetter extends DeadLetter {
  /** Set when the letter was replayed with success. */
  readonly replayed?: ReplayMarker;
}

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
  const markers = await readMarkers(file);
  for await (const line of readLines(file)) {
    if (isReplayMarker(line.text)) continue;
    const letter = parseLine(deadLetterSchema, line, file);
    const replayed = markers.get(letter.id);
    const wanted =
      (filter.stage === undefined || letter.stage === filter.stage) &&
      (filter.replayed === undefined || filter.replayed === (replayed !== undefined)) &&
      (filter.id === undefined || letter.id.startsWith(filter.id));
    if (wanted) yield { ...letter, ...(replayed && { replayed }) };
  }
}

async function deadLetterFiles(directory: string, resource: string | undefined): Promise<string[]> {
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

async function readMarkers(file: string): Promise<Map<string, ReplayMarker>> {
  const markers = new Map<string, ReplayMarker>();
  for await (const line of readLines(file)) {
    if (!isReplayMarker(line.text)) continue;
    const marker = parseLine(replayMarkerSchema, line, file);
    markers.set(marker.replayed, marker);
  }
  return markers;
}

function parseLine<T>(schema: z.ZodType<T>, line: Line, file: string): T {
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
