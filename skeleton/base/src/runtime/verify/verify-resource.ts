import type { PipelineConfig } from '../config/load.ts';
import { resourceOf, streamOf } from '../config/open.ts';
import { openDeadLetters } from '../dead-letters/open-store.ts';
import { PipelineError } from '../errors/pipeline-error.ts';
import type { Extractor } from '../pipeline/extractor.ts';
import type { Loader } from '../pipeline/loader.ts';
import type { Position } from '../pipeline/position.ts';
import { type Shard, shardName, shardsOf } from '../pipeline/shard.ts';
import type { ResourceDefinition } from '../resource.ts';
import { fieldNames, type TableSchema } from '../schema/table-schema.ts';
import type { Comparable, Comparison } from './comparable.ts';
import { compare } from './compare.ts';
import { refusedKeys } from './refused-records.ts';
import type { VerifyReport } from './report.ts';
import { describeScope } from './scope.ts';
import { SourceRecords } from './source-records.ts';
import { StreamedRecords } from './streamed-records.ts';

export interface VerifyRequest {
  readonly config: PipelineConfig;
  readonly name: string;
  readonly definition: ResourceDefinition;
  /** Of the whole resource, whether it is split into shards or not. */
  readonly extractor: Extractor;
  readonly loader: Loader;
  /** Opens another extractor of the resource, or of one of its shards. */
  readonly openPending: (shard: Shard | undefined) => Extractor;
  /** Columns that identify a record; left out, those of the sink, of `incremental`, or of the source's primary key. */
  readonly key?: readonly string[] | undefined;
  /** Differences after which no more are looked for. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/**
 * Compares what the sink of a resource holds with what its stages make of the source. Whoever calls it holds the lease
 * of the resource, so that no run writes meanwhile.
 *
 * @throws PipelineError `NOT_FOUND` when nothing was loaded yet, `CONFIGURATION` for a key or a sink that cannot be used
 */
export async function verifyResource(request: VerifyRequest): Promise<VerifyReport> {
  const { config, name, loader, limit, signal } = request;
  const started = performance.now();
  const { mode, sink: sinkConfig } = resourceOf(config, name);
  const plan = await planComparison(request);
  const { comparison, positions } = plan;
  const records = sourceRecords(request, plan);
  const [source, sink] = await openEnds(request, plan, records);
  const pending = positions.length === 0 ? undefined : pendingRecords(request, plan);
  try {
    const letters = await openDeadLetters(config);
    const refused = await refusedKeys(letters, name, comparison).finally(() => letters.close());
    const keepsVersions = sinkConfig.mode === 'append' && mode === 'incremental' && comparison.key.length > 0;
    const isRefused = ({ key }: { readonly key: string }) => refused.has(key);
    const result = await compare(source, sink, comparison, {
      limit,
      keepsVersions,
      isRefused,
      pending,
      signal,
    });
    const { missing, extra, different } = result.counts;
    const { place, passes } = source;
    return {
      resource: name,
      equal: result.exhaustive && missing + extra + different === 0,
      source: { name: sourceName(config, name), records: result.records.source, place, passes },
      sink: { name: loader.describe(), records: result.records.sink, place: sink.place, passes: sink.passes },
      key: comparison.key,
      columns: fieldNames(comparison.schema),
      scope: describeScope({ ...plan, mode, keepsVersions, counts: records.counts }),
      rangesDiffering: result.rangesDiffering,
      exhaustive: result.exhaustive,
      counts: result.counts,
      differences: result.differences,
      milliseconds: performance.now() - started,
    };
  } finally {
    await source.close();
    await sink.close();
  }
}

/** How far a resource, or one of its shards, has come. */
interface Reached {
  readonly shard: Shard | undefined;
  readonly position: Position;
}

/** What is compared, as it was found out before a record is read. */
export interface ComparisonPlan {
  readonly comparison: Comparison;
  /** Columns to ask the source for; `undefined`: rows, for a contract. */
  readonly columns: TableSchema | undefined;
  /** Columns of the sink that the records do not have. */
  readonly leftOut: readonly string[];
  readonly staged: boolean;
  /** Where the last run came, and those of its shards: behind it is what the next run brings. None: it reads all. */
  readonly positions: readonly Reached[];
}

async function planComparison({
  config,
  name,
  definition,
  extractor,
  loader,
  key,
}: VerifyRequest): Promise<ComparisonPlan> {
  const { mode, sink, incremental } = resourceOf(config, name);
  if (!loader.tellsResourcesApart) requireOwnTable(config, name);
  const stored = await loader.schema();
  if (stored === undefined) throw nothingLoaded(name);
  const given = await extractor.schema(stored);
  const staged = definition.stages.list.length > 0;
  await definition.stages.check(given);
  const wanted = definition.outputSchema ?? (staged ? stored : given);
  const names = fieldNames(wanted);
  const schema = { fields: stored.fields.filter((field) => names.includes(field.name)) };
  const candidates = [sink.key, incremental?.key, await extractor.key()];
  const fallback = candidates.find((columns) => columns !== undefined && isKey(columns, schema)) ?? [];
  if (key !== undefined && !isKey(key, schema)) throw unknownKey(name, key, schema);
  return {
    comparison: { schema, key: key ?? fallback },
    columns: definition.contractFields === undefined ? given : undefined,
    leftOut: fieldNames(stored).filter((column) => !names.includes(column)),
    staged,
    positions: mode === 'incremental' ? await reachedPositions(config, name, loader) : [],
  };
}

async function reachedPositions(config: PipelineConfig, name: string, loader: Loader): Promise<Reached[]> {
  const reached: Reached[] = [];
  for (const shard of shardsOf(resourceOf(config, name).shards)) {
    const checkpoint = await loader.checkpoint(streamOf(config, name, shard));
    if (checkpoint === undefined) throw nothingLoaded(shardName(name, shard));
    reached.push({ shard, position: checkpoint.position });
  }
  return reached;
}

function isKey(columns: readonly string[], schema: TableSchema): boolean {
  return columns.length > 0 && columns.every((column) => fieldNames(schema).includes(column));
}

function sourceRecords(
  { extractor, definition, signal }: VerifyRequest,
  { columns, comparison }: ComparisonPlan,
): SourceRecords {
  return new SourceRecords({ extractor, definition, columns, schema: comparison.schema, signal });
}

/** What the next run of each shard will bring, through the stages. */
function pendingRecords(request: VerifyRequest, plan: ComparisonPlan): Comparable {
  return new StreamedRecords(plan.comparison, async function* read() {
    for (const { shard, position } of plan.positions) {
      const extractor = request.openPending(shard);
      try {
        yield* sourceRecords({ ...request, extractor }, plan).read(position);
      } finally {
        await extractor.close();
      }
    }
  });
}

async function openEnds(
  { name, extractor, loader }: VerifyRequest,
  { comparison, staged }: ComparisonPlan,
  records: SourceRecords,
): Promise<[Comparable, Comparable]> {
  const sink = await loader.comparable(comparison);
  if (sink === undefined) {
    throw new PipelineError('CONFIGURATION', `${loader.describe()} cannot be read back, and so not be compared.`, {
      where: { resource: name },
      hint: 'Let its loader have a method comparable; docs/development.md says how.',
    });
  }
  const computed = staged ? undefined : await extractor.comparable(comparison);
  return [computed ?? new StreamedRecords(comparison, () => records.read()), sink];
}

function sourceName(config: PipelineConfig, name: string): string {
  const { source } = resourceOf(config, name);
  return `source of ${name} (${source.connection})`;
}

/** @throws PipelineError `CONFIGURATION` when other resources write into the same table */
function requireOwnTable(config: PipelineConfig, name: string): void {
  const { sink } = resourceOf(config, name);
  const others = Object.entries(config.resources).flatMap(([other, resource]) =>
    other !== name && resource.sink.connection === sink.connection && resource.sink.table === sink.table ? [other] : [],
  );
  if (others.length === 0) return;
  throw new PipelineError('CONFIGURATION', `${name} shares the table of its sink with ${others.join(', ')}.`, {
    where: { resource: name },
    hint: 'Nobody can tell whose records are whose: let each resource write into a table of its own to compare it.',
  });
}

function nothingLoaded(name: string): PipelineError {
  return new PipelineError('NOT_FOUND', `Nothing of ${name} was loaded yet.`, {
    where: { resource: name },
    hint: 'Run it first: npm run pipeline -- run.',
  });
}

function unknownKey(name: string, key: readonly string[], schema: TableSchema): PipelineError {
  return new PipelineError(
    'CONFIGURATION',
    `${key.join(', ')} cannot be the key of ${name}: source and sink share the columns ${fieldNames(schema).join(', ')}.`,
    { where: { resource: name }, hint: 'Check --key, case included.' },
  );
}
