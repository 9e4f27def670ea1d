import { PipelineError } from '../errors/pipeline-error.ts';

/** More would be more processes than one source or sink is happy with. */
export const MOST_SHARDS = 32;

/** One of the parts that a resource is split into; each record belongs to exactly one of them. */
export interface Shard {
  /** From 0, as Kubernetes and Airflow count. */
  readonly index: number;
  readonly count: number;
}

/** `2/4`, as `--shard` takes it. */
export function formatShard({ index, count }: Shard): string {
  return `${index}/${count}`;
}

/** @throws PipelineError `CONFIGURATION` when the text is no shard */
export function parseShard(text: string): Shard {
  const [, index = '', count = ''] = /^(\d{1,3})\/(\d{1,3})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (count !== '' && shard.index < shard.count) return shard;
  throw new PipelineError('CONFIGURATION', `${text} is no shard.`, {
    hint: 'Write index/count and count from 0: of two shards the first is 0/2, the second 1/2.',
  });
}

/** All parts of a resource; one that is not split is its own. */
export function shardsOf(count: number): readonly (Shard | undefined)[] {
  return count === 1 ? [undefined] : Array.from({ length: count }, (_, index) => ({ index, count }));
}

/** The name under which a shard keeps its lock, its dead letters and its position: `orders`, or `orders#2of4`. */
export function shardName(name: string, shard: Shard | undefined): string {
  return shard === undefined ? name : `${name}#${shard.index}of${shard.count}`;
}

/**
 * How many shards `name` was split into when somebody gave this name to one of them: `orders#2of4` of `orders` is one
 * of 4, `orders` itself is the only one. `undefined`: it belongs to something else.
 */
export function shardCountIn(candidate: string, name: string): number | undefined {
  if (candidate === name) return 1;
  if (!candidate.startsWith(`${name}#`)) return undefined;
  const [, count] = /^\d+of(\d+)$/.exec(candidate.slice(name.length + 1)) ?? [];
  return count === undefined ? undefined : Number(count);
}
