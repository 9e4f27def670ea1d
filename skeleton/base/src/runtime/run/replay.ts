import { randomUUIDv7 } from 'node:crypto';
import type { PipelineConfig } from '../config/load.ts';
import { openLoader, openState, resourceOf, streamOf } from '../config/open.ts';
import type { DeadLetter } from '../dead-letters/dead-letter.ts';
import { DeadLetterStore } from '../dead-letters/dead-letter-store.ts';
import { listDeadLetters } from '../dead-letters/list.ts';
import { PipelineError } from '../errors/pipeline-error.ts';
import type { Loader } from '../pipeline/loader.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import type { Checkpoint } from '../pipeline/position.ts';
import { type Shard, shardName } from '../pipeline/shard.ts';
import { resource as passThrough, type ResourceDefinition } from '../resource.ts';
import { acquireLease } from '../state/lease.ts';
import { openStateStore } from '../state/open-state.ts';
import { DeadLetterExtractor } from './dead-letter-extractor.ts';

export interface ReplayOptions {
  readonly definitions: ReadonlyMap<string, ResourceDefinition>;
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
  readonly replayed: readonly string[];
  /** Letters that failed again, and why; they stay. */
  readonly failed: readonly { readonly id: string; readonly message: string }[];
  /** Records that could not even be read, or are not kept whole: to be mended where they come from. */
  readonly unreadable: readonly string[];
}

/**
 * Runs the records of dead letters through their resource again, from the stage that refused them, and marks those
 * that reach the sink. A letter that fails again stays as it is.
 *
 * @throws PipelineError `CONFIGURATION` when each run replaces the sink: then the next run brings the records
 */
export async function replayResource(
  config: PipelineConfig,
  name: string,
  options: ReplayOptions,
): Promise<ReplayResult> {
  if (resourceOf(config, name).sink.mode === 'replace') throw replaced(name);
  const run = randomUUIDv7();
  const state = await openStateStore(config);
  try {
    const lease = await acquireLease(state.leases, shardName(name, options.shard), run);
    try {
      const signal = AbortSignal.any([options.signal, lease.signal]);
      return await replayLetters(config, name, { ...options, signal, run });
    } finally {
      await lease.release();
    }
  } finally {
    await state.close();
  }
}

async function replayLetters(
  config: PipelineConfig,
  name: string,
  { definitions, ids, shard, signal, run }: ReplayOptions & { readonly run: string },
): Promise<ReplayResult> {
  const { definition: definitionName = name } = resourceOf(config, name);
  const folder = openState(config).deadLetters;
  const part = shardName(name, shard);
  const found = await openLetters(folder, name, ids);
  const letters = found.filter((letter) => shardName(name, letter.shard) === part);
  const readable = letters.filter(isWhole);
  const unreadable = letters.filter((letter) => !isWhole(letter)).map((letter) => letter.id);
  const store = await DeadLetterStore.open(folder, part, Number.POSITIVE_INFINITY);
  const result = {
    resource: name,
    ...(shard && { shard }),
    replayed: [] as string[],
    failed: [] as { id: string; message: string }[],
    unreadable,
  };
  try {
    const definition = definitions.get(definitionName) ?? passThrough(name);
    for (const [enterAt, group] of groupByStage(readable, definition)) {
      const outcome = await replayGroup({ config, name, shard, definition, enterAt, letters: group, signal, run });
      await store.markReplayed(outcome.replayed, run);
      result.replayed.push(...outcome.replayed);
      result.failed.push(...outcome.failed);
    }
  } finally {
    await store.close();
  }
  return result;
}

async function openLetters(
  folder: string,
  resource: string,
  ids: readonly string[] | undefined,
): Promise<DeadLetter[]> {
  const letters = await Array.fromAsync(listDeadLetters(folder, { resource, replayed: false }));
  return ids === undefined ? letters : letters.filter(({ id }) => ids.some((start) => id.startsWith(start)));
}

function isWhole({ stage, incomplete }: DeadLetter): boolean {
  return stage !== 'extract' && incomplete === undefined;
}

/** The letters by the index of the stage that refused them; those that the sink refused come behind all stages. */
function groupByStage(letters: readonly DeadLetter[], definition: ResourceDefinition): Map<number, DeadLetter[]> {
  return Map.groupBy(letters, ({ stage, component }) => {
    const index = definition.stages.list.findIndex(({ kind, name }) => kind === stage && name === component);
    if (index !== -1) return index;
    return stage === 'load' ? definition.stages.list.length : 0;
  });
}

interface Group {
  readonly config: PipelineConfig;
  readonly name: string;
  readonly shard: Shard | undefined;
  readonly definition: ResourceDefinition;
  readonly enterAt: number;
  readonly letters: readonly DeadLetter[];
  readonly signal: AbortSignal;
  /** Id of the replay. */
  readonly run: string;
}

async function replayGroup({ config, name, shard, definition, enterAt, letters, signal, run }: Group) {
  const stream = `${streamOf(config, name, shard)}/replay-${enterAt}`;
  const loader = openLoader(config, name, { stream, writer: run });
  try {
    const checkpoint = await loader.checkpoint(stream);
    const loaded = letters.filter(({ id }) => isLoaded(id, checkpoint)).map(({ id }) => id);
    const waiting = letters.filter(({ id }) => !loaded.includes(id));
    const failed = await runLetters(waiting, { config, name, definition, enterAt, loader, stream, checkpoint, signal });
    const again = new Set(failed.map(({ id }) => id));
    return { replayed: [...loaded, ...waiting.map(({ id }) => id).filter((id) => !again.has(id))], failed };
  } finally {
    await loader.close();
  }
}

/** A letter that a killed replay had loaded, but not marked. */
function isLoaded(id: string, checkpoint: Checkpoint | undefined): boolean {
  const letters = checkpoint?.position.letters;
  return Array.isArray(letters) && letters.includes(id);
}

interface Replay extends Omit<Group, 'letters' | 'shard' | 'run'> {
  readonly loader: Loader;
  readonly stream: string;
  readonly checkpoint: Checkpoint | undefined;
}

async function runLetters(letters: readonly DeadLetter[], replay: Replay): Promise<{ id: string; message: string }[]> {
  const { config, name, definition, enterAt, loader, stream, checkpoint, signal } = replay;
  const firstSequence = (checkpoint?.sequence ?? 0) + 1;
  const failed: { id: string; message: string }[] = [];
  const pipeline = new Pipeline({
    name,
    pipeline: config.name,
    extractor: new DeadLetterExtractor(stream, letters),
    definition,
    loader,
    enterAt,
    start: { from: undefined, firstSequence },
    schemaEvolution: resourceOf(config, name).schemaEvolution,
    deadLetterBudget: { max: Number.POSITIVE_INFINITY, share: 1, window: 1 },
    keepDeadLetters: async ({ batch, rejections }) => {
      const letter = letters[batch.sequence - firstSequence];
      if (letter !== undefined)
        failed.push({ id: letter.id, message: rejections.map(({ message }) => message).join('; ') });
    },
  });
  if (letters.length > 0) await pipeline.run(signal);
  return failed;
}

function replaced(resource: string): PipelineError {
  return new PipelineError('CONFIGURATION', `Each run of ${resource} replaces its sink; there is nothing to add to.`, {
    where: { resource },
    hint: 'Mend the records at their source and run the resource again.',
  });
}
