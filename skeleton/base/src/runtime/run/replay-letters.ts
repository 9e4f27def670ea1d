import type { PipelineConfig } from '../config/load.ts';
import { openLoader, resourceOf, streamOf } from '../config/open.ts';
import type { DeadLetter } from '../dead-letters/dead-letter.ts';
import type { DeadLetterWriter, ListedDeadLetter } from '../dead-letters/dead-letter-store.ts';
import { deadLettersFrom } from '../dead-letters/from-rejections.ts';
import { CircuitBreakers } from '../pipeline/circuit-breakers.ts';
import type { FailedRecords } from '../pipeline/dead-letter-queue.ts';
import { emptyCounts, type RunCounts } from '../pipeline/metrics.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import type { Checkpoint } from '../pipeline/position.ts';
import type { Shard } from '../pipeline/shard.ts';
import type { ResourceDefinition } from '../resource.ts';
import { callPoliciesOf } from './call-policies.ts';
import { DeadLetterExtractor } from './dead-letter-extractor.ts';

/** What became of some letters. */
export interface Replayed {
  /** Letters whose records are in the sink. */
  readonly replayed: readonly string[];
  /** Letters that were refused again, and new ones for what was refused behind the stage that it entered at. */
  readonly failed: readonly { readonly id: string; readonly message: string }[];
  readonly counts: RunCounts;
}

export interface LetterReplay {
  readonly config: PipelineConfig;
  readonly name: string;
  readonly shard: Shard | undefined;
  readonly definition: ResourceDefinition;
  readonly writer: DeadLetterWriter;
  /** Id of the replay. */
  readonly run: string;
  readonly isOver: (run: string) => Promise<boolean>;
  readonly signal: AbortSignal;
}

/**
 * Marks the letters that an earlier replay loaded before it was killed. To be called before others are loaded: the
 * checkpoint of the replays of a resource only knows the last ones.
 *
 * @param waiting all letters of the part that are not marked as replayed
 * @returns their ids
 */
export async function settleEarlierReplay(
  waiting: readonly ListedDeadLetter[],
  { config, name, shard, writer, run, isOver }: LetterReplay,
): Promise<string[]> {
  const stream = replayStream(config, name, shard);
  const loader = openLoader(config, name, { stream, writer: run, isOver });
  try {
    const earlier = loadedIn(await loader.checkpoint(stream));
    if (earlier === undefined) return [];
    const loaded = waiting.filter(({ id, failures = [] }) => {
      return earlier.letters.includes(id) && !failures.some((failure) => failure.run === earlier.run);
    });
    const ids = loaded.map(({ id }) => id);
    await writer.markReplayed(ids, { run: earlier.run, at: new Date().toISOString() });
    return ids;
  } finally {
    await loader.close();
  }
}

/** The replay that committed last, and the letters it had been given: those it loaded, and those that it refused. */
function loadedIn(checkpoint: Checkpoint | undefined): { run: string; letters: readonly unknown[] } | undefined {
  const { run, letters } = checkpoint?.position ?? {};
  return typeof run === 'string' && Array.isArray(letters) ? { run, letters } : undefined;
}

/**
 * Runs letters that enter at the same stage through their resource.
 *
 * What is refused where it enters stays as it is; that is noted before the sink commits a position behind it. What is
 * refused behind that is a new letter, whose `parent` is the one that is replayed: the records that it has become may
 * be in the sink in part.
 */
export async function replayLetters(
  letters: readonly DeadLetter[],
  enterAt: number,
  replay: LetterReplay,
): Promise<Replayed> {
  const { config, name, shard, definition, writer, run, isOver, signal } = replay;
  const stream = replayStream(config, name, shard);
  const loader = openLoader(config, name, { stream, writer: run, isOver });
  const extractor = new DeadLetterExtractor(stream, run, letters);
  const calls = callPoliciesOf(config, name, { extractor, loader }, new CircuitBreakers());
  const refused = new Map<string, string>();
  const behind = new Map<string, { id: string; message: string }[]>();
  const keepDeadLetters = async (failed: FailedRecords) => {
    const letter = extractor.letterOf(failed.batch.sequence);
    if (stageIndex(failed, definition) === enterAt) {
      const message = failed.rejections.map((rejection) => rejection.message).join('; ');
      if (!refused.has(letter.id)) await writer.markFailed(letter.id, { run, at: new Date().toISOString(), message });
      refused.set(letter.id, message);
      return;
    }
    const context = { pipeline: config.name, resource: name, run, ...(shard && { shard }), parent: letter };
    const made = deadLettersFrom(failed, context);
    await writer.append(made);
    const known = behind.get(letter.id) ?? [];
    behind.set(letter.id, [...known, ...made.map(({ id, error: { message } }) => ({ id, message }))]);
  };
  try {
    const checkpoint = await calls.sink.call(() => loader.checkpoint(stream));
    const pipeline = new Pipeline({
      name,
      pipeline: config.name,
      extractor,
      definition,
      loader,
      calls,
      enterAt,
      start: { from: undefined, firstSequence: (checkpoint?.sequence ?? 0) + 1 },
      schemaEvolution: resourceOf(config, name).schemaEvolution,
      deadLetterBudget: { max: Number.POSITIVE_INFINITY, share: 1, window: 1 },
      keepDeadLetters,
    });
    const { counts } = letters.length > 0 ? await pipeline.run(signal) : { counts: emptyCounts() };
    const loaded = letters.map(({ id }) => id).filter((id) => !refused.has(id));
    await writer.markReplayed(loaded, { run, at: new Date().toISOString() });
    return {
      replayed: loaded.filter((id) => !behind.has(id)),
      failed: [...Array.from(refused, ([id, message]) => ({ id, message })), ...Array.from(behind.values()).flat()],
      counts,
    };
  } finally {
    await calls.sink.close(() => loader.close());
  }
}

/** The stage that a letter enters at: the one that refused it; those that the sink refused come behind all stages. */
export function stageIndex(
  { stage, component }: Pick<DeadLetter, 'stage' | 'component'>,
  { stages: { list } }: ResourceDefinition,
): number {
  const index = list.findIndex(({ kind, name }) => kind === stage && name === component);
  if (index !== -1) return index;
  return stage === 'load' ? list.length : 0;
}

/** All replays of a part are one stream, whatever becomes of its stages. */
function replayStream(config: PipelineConfig, name: string, shard: Shard | undefined): string {
  return `${streamOf(config, name, shard)}/replay`;
}
