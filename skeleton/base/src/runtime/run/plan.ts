import type { PipelineConfig } from '../config/load.ts';
import { resourceOf } from '../config/open.ts';
import { PipelineError } from '../errors/pipeline-error.ts';
import { formatShard, type Shard } from '../pipeline/shard.ts';

/** One of the processes that share a run. */
export interface PlannedShard {
  /** What `--shard` takes. */
  readonly shard: string;
  /** The resources of which it moves a part; those that are not split are moved by the first process. */
  readonly resources: readonly string[];
}

/** The processes that together run the resources, each of which may run anywhere and in any order. */
export function planShards(config: PipelineConfig, resources: readonly string[]): PlannedShard[] {
  const count = workersOf(config);
  return Array.from({ length: count }, (_, index) => ({
    shard: formatShard({ index, count }),
    resources: resources.filter((name) => index < resourceOf(config, name).shards),
  }));
}

/** How many processes share a run: as many as the most finely split resource has shards. */
export function workersOf(config: PipelineConfig): number {
  return Math.max(...Object.values(config.resources).map(({ shards }) => shards));
}

/**
 * The number of the process that `--shard` names.
 *
 * @throws PipelineError `CONFIGURATION` when whoever starts it counts on another number of processes
 */
export function requirePlanned(config: PipelineConfig, shard: Shard): number {
  const count = workersOf(config);
  if (shard.count === count) return shard.index;
  const message = `--shard ${formatShard(shard)} counts on ${shard.count} processes, and pipeline.yaml on ${count}.`;
  throw new PipelineError('CONFIGURATION', message, {
    where: { file: config.file.path },
    hint: '`shards` of the resources and the deployment that starts the shards must agree.',
  });
}
