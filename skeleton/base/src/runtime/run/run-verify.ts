import { randomUUIDv7 } from 'node:crypto';
import { definitionOf } from '../config/definitions.ts';
import type { PipelineConfig } from '../config/load.ts';
import { openExtractor, openLoader, resourceOf } from '../config/open.ts';
import { type Shard, shardName, shardsOf } from '../pipeline/shard.ts';
import { resource as passThrough, type ResourceDefinition } from '../resource.ts';
import { acquireLease, type Lease } from '../state/lease.ts';
import { openStateStore } from '../state/open-state.ts';
import type { VerifyReport } from '../verify/report.ts';
import { verifyResource } from '../verify/verify-resource.ts';

export interface RunVerifyOptions {
  readonly definitions: ReadonlyMap<string, ResourceDefinition>;
  readonly key?: readonly string[] | undefined;
  readonly limit: number;
  readonly signal: AbortSignal;
}

/**
 * Compares source and sink of a resource while nobody runs it.
 *
 * @throws PipelineError `LOCKED` when somebody does; see `verifyResource`
 */
export async function runVerify(
  config: PipelineConfig,
  name: string,
  { definitions, key, limit, signal }: RunVerifyOptions,
): Promise<VerifyReport> {
  const { shards } = resourceOf(config, name);
  const definition = definitionOf(config, definitions, name) ?? passThrough(name);
  const store = await openStateStore(config);
  const leases: Lease[] = [];
  try {
    for (const shard of shardsOf(shards)) {
      leases.push(await acquireLease(store.leases, shardName(name, shard), randomUUIDv7()));
    }
    const loader = openLoader(config, name);
    const columns = definition.contractFields?.all;
    const extractor = openExtractor(config, name, { columns });
    const openPending = (shard: Shard | undefined) => openExtractor(config, name, { columns, shard });
    const stop = AbortSignal.any([signal, ...leases.map((lease) => lease.signal)]);
    try {
      const request = { config, name, definition, extractor, loader, openPending, key, limit, signal: stop };
      return await verifyResource(request);
    } finally {
      await extractor.close();
      await loader.close();
    }
  } finally {
    for (const lease of leases) await lease.release();
    await store.close();
  }
}
