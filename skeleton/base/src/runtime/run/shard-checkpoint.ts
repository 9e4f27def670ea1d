import type { PipelineConfig } from '../config/load.ts';
import { resourceOf, streamOf } from '../config/open.ts';
import { PipelineError } from '../errors/pipeline-error.ts';
import type { Loader } from '../pipeline/loader.ts';
import type { Checkpoint } from '../pipeline/position.ts';
import { type Shard, shardCountIn } from '../pipeline/shard.ts';
import { isHeld } from '../state/lease.ts';
import type { LeaseStore } from '../state/lease-store.ts';

/** The part of a resource that a run moves; without a shard it is all of it. */
export interface Part {
  readonly name: string;
  readonly shard: Shard | undefined;
  /** Forget the position and read everything again. */
  readonly fullRefresh: boolean;
}

/**
 * How far a resource, or one of its shards, has come in its sink. Positions that were left by another number of shards
 * would lose or double records, and so:
 *
 * - an incremental read that was not split is gone on with by all of its shards
 * - a full read that every shard has brought to its end begins anew, as it would have anyway
 * - a merge that is refreshed reads everything, and finds its records by their key
 * - a sink that is replaced has nothing left of what they are about; see `forgetShards`
 *
 * @throws PipelineError `CONFIGURATION` in all other cases
 */
export async function checkpointOf(
  loader: Loader,
  config: PipelineConfig,
  { name, shard, fullRefresh }: Part,
): Promise<Checkpoint | undefined> {
  const { mode, sink } = resourceOf(config, name);
  const whole = streamOf(config, name);
  const own = await loader.checkpoint(streamOf(config, name, shard));
  if (sink.mode === 'replace' || (fullRefresh && sink.mode === 'append')) return own;
  const { count = 1 } = shard ?? {};
  const others = await streamsOfOther(count, loader, whole);
  if (others.length === 0) return own;
  const merges = sink.mode === 'merge';
  if (mode === 'full' ? merges || (await allComplete(loader, others)) : merges && fullRefresh) {
    await loader.forget(others);
    return own;
  }
  const before = Math.max(...others.map((stream) => shardCountIn(stream, whole) ?? 1));
  if (mode === 'incremental' && before === 1) return own ?? (await loader.checkpoint(whole));
  throw otherSharding(name, count, before, merges);
}

/** To be called when the contents of the sink were replaced: from now on the whole is where its shards begin. */
export async function forgetShards(loader: Loader, whole: string): Promise<void> {
  const shards = await streamsOfOther(1, loader, whole);
  if (shards.length > 0) await loader.forget(shards);
}

async function streamsOfOther(count: number, loader: Loader, whole: string): Promise<string[]> {
  const streams = await loader.streams(whole);
  return streams.filter((stream) => ![undefined, count].includes(shardCountIn(stream, whole)));
}

async function allComplete(loader: Loader, streams: readonly string[]): Promise<boolean> {
  for (const stream of streams) if ((await loader.checkpoint(stream))?.complete === false) return false;
  return true;
}

function otherSharding(name: string, now: number, before: number, merges: boolean): PipelineError {
  const shards = (count: number) => (count === 1 ? 'one shard' : `${count} shards`);
  const message = `${name} was moved in ${shards(before)}, and their positions say nothing about ${shards(now)}.`;
  const restart = merges
    ? 'or run all shards once with --full-refresh: everything is read again and merged by its key'
    : 'or set shards: 1 and run it once with --full-refresh (docs/runbook.md, Another number of shards)';
  return new PipelineError('CONFIGURATION', message, {
    where: { resource: name },
    hint: `Set shards: ${before} again (and let a full read come to its end before you change it); ${restart}.`,
  });
}

/**
 * Called with the lease of the part held, so that of two runs with different numbers of shards at least one stops.
 *
 * @throws PipelineError `LOCKED` when another number of shards of the resource is being run
 */
export async function requireOneSharding(
  leases: LeaseStore,
  { name, shard }: Omit<Part, 'fullRefresh'>,
): Promise<void> {
  const { count = 1 } = shard ?? {};
  for (const held of await leases.list()) {
    if ([undefined, count].includes(shardCountIn(held.name, name)) || !(await isHeld(leases, held))) continue;
    throw new PipelineError('LOCKED', `${held.name} is being run, which is not one of ${count} shards.`, {
      where: { resource: name },
      hint: 'Wait until that run ends, then run again.',
    });
  }
}
