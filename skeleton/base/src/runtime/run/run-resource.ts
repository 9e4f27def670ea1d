import { definitionOf } from '../config/definitions.ts';
import type { PipelineConfig } from '../config/load.ts';
import { openExtractor, openLoader, resourceOf, streamOf } from '../config/open.ts';
import type { WriteMode } from '../connectors/connector.ts';
import type { DeadLetterStore } from '../dead-letters/dead-letter-store.ts';
import { deadLettersFrom } from '../dead-letters/from-rejections.ts';
import { asPipelineError, PipelineError } from '../errors/pipeline-error.ts';
import { logger } from '../observability/logger.ts';
import { metrics } from '../observability/metrics.ts';
import { createProgress } from '../observability/progress.ts';
import { currentTraceIds, type Span, startSpan } from '../observability/tracing.ts';
import type { Check } from '../pipeline/check.ts';
import type { CircuitBreakers } from '../pipeline/circuit-breakers.ts';
import type { Extractor } from '../pipeline/extractor.ts';
import type { Loader } from '../pipeline/loader.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import { type Shard, shardName } from '../pipeline/shard.ts';
import { startFrom } from '../pipeline/start.ts';
import { resource as passThrough, type ResourceDefinition } from '../resource.ts';
import { acquireLease, type Lease } from '../state/lease.ts';
import { nameOfRun, type RunManifest } from '../state/run-manifest.ts';
import type { StateStore } from '../state/state-store.ts';
import { type CallPolicies, callPoliciesOf } from './call-policies.ts';
import { writeModeOf } from './full-refresh.ts';
import { isOverIn } from './is-over.ts';
import { endOfRun, newManifest, runErrorOf } from './manifest.ts';
import { checkpointOf, forgetShards, requireOneSharding } from './shard-checkpoint.ts';
import { verifyRun } from './verify-run.ts';

export interface RunContext {
  readonly config: PipelineConfig;
  readonly definitions: ReadonlyMap<string, ResourceDefinition>;
  readonly store: StateStore;
  readonly deadLetters: DeadLetterStore;
  /** Aborted when the process is asked to stop. */
  readonly signal: AbortSignal;
  /** Those of the run, for all of its resources. */
  readonly breakers: CircuitBreakers;
  /** Forget the position and read everything again. */
  readonly fullRefresh: boolean;
  /** Run this part of the resource; left out, all of it. */
  readonly shard?: Shard | undefined;
}

/** One run of one resource, and the error that ended it, if one did. */
export interface RunResult {
  readonly manifest: RunManifest;
  readonly error?: PipelineError;
}

/**
 * Runs a resource once, alone: takes its lease, moves its records, and keeps a manifest of what happened. A run that is
 * refused because another one holds the resource leaves no trace in the history; one that loses its lease ends.
 *
 * @throws PipelineError `STORAGE` when the state cannot be kept; all other failures are part of the result
 */
export async function runResource(name: string, context: RunContext): Promise<RunResult> {
  const { store, config } = context;
  const manifest = newManifest(config.name, name, context.shard);
  let lease: Lease;
  try {
    lease = await leasePart(manifest, context);
  } catch (cause) {
    const error = asPipelineError(cause);
    if (error.code !== 'LOCKED') throw error;
    return { manifest: { ...manifest, status: 'failed', error: runErrorOf(error) }, error };
  }
  try {
    await store.closeAbandonedRuns(nameOfRun(manifest));
    await store.startRun(manifest);
    const span = startSpan('pipeline.run', { pipeline: config.name, resource: name, run: manifest.id });
    const result = await span.run(async () => {
      const signal = AbortSignal.any([context.signal, lease.signal]);
      const attempted = await attempt(manifest, { ...context, signal }, span);
      report(attempted);
      return attempted;
    });
    span.finish(result.error);
    await store.updateRun(result.manifest);
    return result;
  } finally {
    await lease.release();
  }
}

async function leasePart(run: RunManifest, { store: { leases }, shard }: RunContext): Promise<Lease> {
  const lease = await acquireLease(leases, nameOfRun(run), run.id);
  try {
    await requireOneSharding(leases, { name: run.resource, shard });
    return lease;
  } catch (error) {
    await lease.release();
    throw error;
  }
}

/** Adds to what is known of the run. */
type Learn = (facts: Partial<RunManifest>) => void;

async function attempt(started: RunManifest, context: RunContext, span: Span): Promise<RunResult> {
  let known = started;
  try {
    await open(context, started, span, (facts) => {
      known = { ...known, ...facts };
    });
    return { manifest: endOfRun(known) };
  } catch (cause) {
    const error = asPipelineError(cause);
    return { manifest: endOfRun(known, error), error };
  }
}

/** Opens the ends of the resource for as long as its records move. */
async function open(context: RunContext, { resource: name, id }: RunManifest, span: Span, learn: Learn): Promise<void> {
  const { config, definitions, store, shard } = context;
  const definition = definitionOf(config, definitions, name) ?? passThrough(name);
  const writeMode = writeModeOf(config, name, context.fullRefresh);
  const loader = openLoader(config, name, { shard, mode: writeMode, writer: id, isOver: isOverIn(store) });
  const extractor = openExtractor(config, name, { columns: definition.contractFields?.all, shard });
  const calls = callPoliciesOf(config, name, { extractor, loader }, context.breakers);
  try {
    await move({ name, id, span, extractor, loader, calls, definition, writeMode }, context, learn);
  } finally {
    await calls.source.close(() => extractor.close());
    await calls.sink.close(() => loader.close());
  }
}

interface Move {
  readonly name: string;
  /** Of the run. */
  readonly id: string;
  readonly span: Span;
  readonly extractor: Extractor;
  readonly loader: Loader;
  readonly calls: CallPolicies;
  readonly definition: ResourceDefinition;
  readonly writeMode: WriteMode;
}

async function move(
  { name, id, span, extractor, loader, calls, definition, writeMode }: Move,
  context: RunContext,
  learn: Learn,
): Promise<void> {
  const { config, store, deadLetters, signal, fullRefresh, shard } = context;
  const { mode, schemaEvolution, deadLetters: deadLetterBudget, verify } = resourceOf(config, name);
  await preflight({ extractor, loader, calls }, learn);
  const stream = streamOf(config, name, shard);
  const checkpoint = await calls.sink.call(() => checkpointOf(loader, config, { name, shard, fullRefresh }));
  const start = startFrom(checkpoint, { mode, writeMode, fullRefresh });
  learn({ ...(start.from && { from: start.from }), sink: loader.describe() });
  const letters = await deadLetters.open({ resource: name, shard }, checkpoint?.sequence);
  const progress = createProgress(
    shardName(name, shard),
    await calls.source.call(() => extractor.estimate(start.from)),
  );
  const pipeline = new Pipeline({
    name,
    pipeline: config.name,
    extractor,
    definition,
    loader,
    calls,
    start,
    schemaEvolution,
    deadLetterBudget,
    keepDeadLetters: async (failed) => {
      const traceId = currentTraceIds().trace_id;
      const origin = {
        pipeline: config.name,
        resource: name,
        run: id,
        ...(shard && { shard }),
        ...(traceId && { traceId }),
      };
      await letters.append(deadLettersFrom(failed, origin));
    },
    span,
    onProgress: (counts) => progress.update(counts),
  });
  try {
    await pipeline.run(signal);
    if (writeMode === 'replace') await calls.sink.call(() => forgetShards(loader, stream));
    const reached = await calls.sink.call(() => loader.checkpoint(stream));
    if (reached !== undefined) {
      learn({ to: reached.position });
      await store.saveCheckpoint(stream, reached);
    }
  } finally {
    progress.finish();
    await letters.close();
    const { counts, durations, schemaChanges } = pipeline.metrics;
    learn({ counts, durations: { ...durations }, schemaChanges, sink: loader.describe() });
  }
  if (verify) {
    const openPending = () => openExtractor(config, name, { columns: definition.contractFields?.all });
    await verifyRun({ config, name, definition, extractor, loader, openPending, signal }, learn);
  }
}

/** Looks at both ends before a record moves. */
async function preflight(
  { extractor, loader, calls }: Pick<Move, 'extractor' | 'loader' | 'calls'>,
  learn: Learn,
): Promise<void> {
  const checks: Check[] = [
    ...(await calls.source.once(() => extractor.check())),
    ...(await calls.sink.once(() => loader.check())),
  ];
  learn({ preflight: checks });
  const failed = checks.find((check) => !check.ok);
  if (failed !== undefined) {
    throw new PipelineError(failed.code ?? 'CONFIGURATION', `${failed.name}: ${failed.detail}`);
  }
}

function report({ manifest, error }: RunResult): void {
  const { pipeline, resource, status, counts, durations } = manifest;
  const tags = { pipeline, resource };
  if (status !== 'running') metrics.count('run.status', 1, { ...tags, status });
  if (durations.total !== undefined) metrics.distribution('run.duration', durations.total, tags);
  const summary = { ...tags, run: manifest.id, status, counts };
  if (error === undefined) logger.info(summary, `${nameOfRun(manifest)}: complete`);
  else logger.error({ ...summary, error }, `${nameOfRun(manifest)}: ${status}`);
}
