import { randomUUIDv7 } from 'node:crypto';
import { definitionOf } from '../config/definitions.ts';
import type { PipelineConfig } from '../config/load.ts';
import { resourceOf } from '../config/open.ts';
import type { DeadLetter } from '../dead-letters/dead-letter.ts';
import type { DeadLetterStore, ListedDeadLetter } from '../dead-letters/dead-letter-store.ts';
import { asPipelineError, PipelineError } from '../errors/pipeline-error.ts';
import type { RunCounts } from '../pipeline/metrics.ts';
import { type Shard, shardName } from '../pipeline/shard.ts';
import { Tally } from '../pipeline/tally.ts';
import { resource as passThrough, type ResourceDefinition } from '../resource.ts';
import { acquireLease } from '../state/lease.ts';
import { openStateStore } from '../state/open-state.ts';
import type { StateStore } from '../state/state-store.ts';
import { isOverIn } from './is-over.ts';
import { endOfRun, newManifest } from './manifest.ts';
import { type LetterReplay, replayLetters, settleEarlierReplay, stageIndex } from './replay-letters.ts';

export interface ReplayOptions {
  readonly definitions: ReadonlyMap<string, ResourceDefinition>;
  readonly letters: DeadLetterStore;
  /** Ids of the letters, or the starts of their ids; all that were not replayed yet when left out. */
  readonly ids?: readonly string[];
  /** The shard that found the letters; left out where the resource was not split. */
  readonly shard?: Shard | undefined;
  readonly signal: AbortSignal;
}

/** What became of the letters of one resource, or of one of its shards. */
export interface ReplayResult {
  readonly resource: string;
  readonly shard?: Shard;
  /** Id of the replay in the history; left out when there was nothing to replay. */
  readonly run?: string;
  readonly replayed: readonly string[];
  /** Letters that failed again, and why; they stay. What failed behind the stage that it entered at is a new letter. */
  readonly failed: readonly { readonly id: string; readonly message: string }[];
  /** Records that could not even be read, or are not kept whole: to be mended where they come from. */
  readonly unreadable: readonly string[];
}

/** Letters whose commits one checkpoint remembers, should the process die before they are marked. */
const LETTERS_AT_ONCE = 200;

/**
 * Runs the records of dead letters through their resource again, from the stage that refused them, and marks those
 * that reach the sink. A letter that fails again stays as it is. A replay that is killed anywhere and run again neither
 * loses nor doubles a record, where the sink keeps its promise.
 *
 * @throws PipelineError `CONFIGURATION` when each run replaces the sink: then the next run brings the records
 */
export async function replayResource(
  config: PipelineConfig,
  name: string,
  options: ReplayOptions,
): Promise<ReplayResult> {
  if (resourceOf(config, name).sink.mode === 'replace') throw replaced(name);
  const { shard } = options;
  const part = shardName(name, shard);
  const run = randomUUIDv7();
  const state = await openStateStore(config);
  try {
    const lease = await acquireLease(state.leases, part, run);
    try {
      await state.closeAbandonedRuns(part);
      const signal = AbortSignal.any([options.signal, lease.signal]);
      return await replayPart(config, name, state, { ...options, signal, run });
    } finally {
      await lease.release();
    }
  } finally {
    await state.close();
  }
}

async function replayPart(
  config: PipelineConfig,
  name: string,
  state: StateStore,
  options: ReplayOptions & { readonly run: string },
): Promise<ReplayResult> {
  const { definitions, ids, shard, signal, run } = options;
  const definition = definitionOf(config, definitions, name) ?? passThrough(name);
  const part = { resource: name, ...(shard && { shard }) };
  const writer = await options.letters.open(part);
  try {
    const all = await Array.fromAsync(options.letters.list({ resource: name, replayed: false }));
    const waiting = all.filter((letter) => shardName(name, letter.shard) === shardName(name, shard));
    const chosen = waiting.filter(({ id }) => ids === undefined || ids.some((start) => id.startsWith(start)));
    if (chosen.length === 0) return { ...part, replayed: [], failed: [], unreadable: [] };
    const replay: LetterReplay = { config, name, shard, definition, writer, run, isOver: isOverIn(state), signal };
    return await recorded(state, replay, chosen, async (add) => {
      const settled = await settleEarlierReplay(waiting, replay);
      const readable = chosen.filter((letter) => isWhole(letter) && !settled.includes(letter.id));
      const result = {
        ...part,
        run,
        replayed: chosen.map(({ id }) => id).filter((id) => settled.includes(id)),
        failed: [] as { id: string; message: string }[],
        unreadable: chosen.filter((letter) => !isWhole(letter)).map(({ id }) => id),
      };
      for (const [enterAt, group] of Map.groupBy(readable, (letter) => stageIndex(letter, definition))) {
        for (let first = 0; first < group.length; first += LETTERS_AT_ONCE) {
          const outcome = await replayLetters(group.slice(first, first + LETTERS_AT_ONCE), enterAt, replay);
          result.replayed.push(...outcome.replayed);
          result.failed.push(...outcome.failed);
          add(outcome.counts);
        }
      }
      return result;
    });
  } finally {
    await writer.close();
  }
}

/** Keeps a manifest of the replay in the history, with the runs that found its letters. */
async function recorded<T>(
  state: StateStore,
  { config, name, shard, run }: LetterReplay,
  letters: readonly ListedDeadLetter[],
  work: (add: (counts: RunCounts) => void) => Promise<T>,
): Promise<T> {
  const tally = new Tally();
  const replay = { letters: letters.length, runs: [...new Set(letters.map((letter) => letter.run))] };
  const manifest = { ...newManifest(config.name, name, shard), id: run, replay };
  await state.startRun(manifest);
  try {
    const result = await work((counts) => tally.add(counts));
    await state.updateRun(endOfRun({ ...manifest, counts: tally.counts }));
    return result;
  } catch (error) {
    await state.updateRun(endOfRun({ ...manifest, counts: tally.counts }, asPipelineError(error)));
    throw error;
  }
}

function isWhole({ stage, incomplete }: DeadLetter): boolean {
  return stage !== 'extract' && incomplete === undefined;
}

function replaced(resource: string): PipelineError {
  return new PipelineError('CONFIGURATION', `Each run of ${resource} replaces its sink; there is nothing to add to.`, {
    where: { resource },
    hint: 'Mend the records at their source and run the resource again.',
  });
}
