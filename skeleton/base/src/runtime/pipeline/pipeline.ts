import { PipelineError } from '../errors/pipeline-error.ts';
import { metrics } from '../observability/metrics.ts';
import { type Span, traceRun } from '../observability/tracing.ts';
import type { ResourceDefinition } from '../resource.ts';
import { agreeOnSchema, type SchemaEvolution } from '../schema/drift.ts';
import { requireContractColumns } from '../schema/require-contract-columns.ts';
import type { TableSchema } from '../schema/table-schema.ts';
import type { Batch } from './batch.ts';
import { checkBudget, type DeadLetterBudget, type FailedRecords, type KeepDeadLetters } from './dead-letter-queue.ts';
import { type BatchInHand, extractBatches } from './extract-batches.ts';
import type { Extractor } from './extractor.ts';
import { throwIfFenced } from './fenced.ts';
import type { Loader } from './loader.ts';
import type { PipelineMetrics, RunCounts } from './metrics.ts';
import { readAhead } from './read-ahead.ts';
import { reconcile } from './reconcile.ts';
import { retryTransient } from './retry.ts';
import type { ObserveStage, StageContext } from './stage.ts';
import type { Start } from './start.ts';
import { Tally } from './tally.ts';

export interface PipelineOptions<Input, Output> {
  /** Name of the resource. */
  readonly name: string;
  /** Name of the pipeline that the resource belongs to. */
  readonly pipeline: string;
  readonly extractor: Extractor<Input>;
  readonly definition: ResourceDefinition<Input, Output>;
  readonly loader: Loader<Output>;
  readonly start: Start;
  readonly schemaEvolution: SchemaEvolution;
  readonly deadLetterBudget: DeadLetterBudget;
  readonly keepDeadLetters: KeepDeadLetters;
  /** Index of the stage at which records enter; 0 but for replayed ones. */
  readonly enterAt?: number;
  /** Span of the run that the pipeline is part of; left out, it starts and finishes one of its own. */
  readonly span?: Span;
  /** Told after each batch. */
  readonly onProgress?: (counts: RunCounts) => void;
}

/** Batches that are made ahead of the step that takes them, between each two steps. */
const READ_AHEAD = 1;

/**
 * Moves one stream from its extractor through its stages into its loader, batch by batch.
 *
 * Extraction, stages and loading overlap; at most a handful of batches is in memory. Dead letters are durable before
 * the sink commits a position behind them. Each record is accounted for at the end.
 */
export class Pipeline<Input, Output> {
  readonly name: string;
  readonly extractor: Extractor<Input>;
  readonly definition: ResourceDefinition<Input, Output>;
  readonly loader: Loader<Output>;
  readonly #options: PipelineOptions<Input, Output>;
  readonly #tags: { readonly pipeline: string; readonly resource: string };
  readonly #tally = new Tally();
  #inFlight = 0;
  /** The columns of the sink before the run. */
  #sinkSchema: TableSchema | undefined;
  #agreed: { schema: TableSchema; changes: readonly string[] } | undefined;

  constructor(options: PipelineOptions<Input, Output>) {
    this.name = options.name;
    this.extractor = options.extractor;
    this.definition = options.definition;
    this.loader = options.loader;
    this.#options = options;
    this.#tags = { pipeline: options.pipeline, resource: options.name };
  }

  /** What was done so far; also after a failure: what the sink has not confirmed is not written. */
  get metrics(): PipelineMetrics {
    const { counts, ...metrics } = this.#tally.metrics(this.#agreed?.changes ?? []);
    return { ...metrics, counts: { ...counts, written: this.loader.recordsWritten } };
  }

  /**
   * Runs until the source is at its end or `signal` asks to stop. Extractor and loader stay open.
   *
   * @throws PipelineError with the exit code of the run; what was committed before it stays
   */
  async run(signal: AbortSignal): Promise<PipelineMetrics> {
    const { span } = this.#options;
    if (span === undefined) await traceRun(this.#tags, (own) => this.#move(own, signal));
    else await this.#move(span, signal);
    return this.metrics;
  }

  async #move(span: Span, signal: AbortSignal): Promise<void> {
    const columns = await this.#prepare();
    const form = this.definition.stages.list.length === 0 ? this.loader.form : undefined;
    const request = { ...this.#options.start, signal, ...(columns && { columns }), ...(form && { form }) };
    const extracted = extractBatches({
      extractor: this.extractor,
      request,
      span,
      tally: this.#tally,
      tags: this.#tags,
    });
    const processed = this.#process(readAhead(extracted, READ_AHEAD), span, signal);
    for await (const inHand of readAhead(processed, READ_AHEAD)) await this.#load(inHand, signal);
    throwIfFenced(signal);
    const { counts } = this.#tally;
    const complete = !signal.aborted;
    checkBudget(counts.deadLettered, counts.read, this.#options.deadLetterBudget, true);
    if (this.#agreed !== undefined) await retryTransient(() => this.loader.finish(complete), this.#countRetry);
    if (!complete) throw interrupted(this.name);
    reconcile(counts, this.loader.recordsWritten, this.name);
  }

  /** Agrees on columns as far as they are known before the first record; returns those to ask the extractor for. */
  async #prepare(): Promise<TableSchema | undefined> {
    const { contractFields, outputSchema, stages } = this.definition;
    this.#sinkSchema = await this.loader.schema();
    const source = await this.extractor.schema(this.#sinkSchema);
    if (contractFields !== undefined && this.#options.enterAt === undefined) {
      requireContractColumns(source, contractFields, this.#options.schemaEvolution, this.name);
    }
    await stages.check(this.#options.enterAt === undefined ? source : undefined);
    const wanted = outputSchema ?? (stages.list.length === 0 ? source : undefined);
    if (wanted !== undefined && wanted.fields.length > 0) await this.#agree(wanted);
    return contractFields === undefined ? source : undefined;
  }

  async #agree(wanted: TableSchema): Promise<TableSchema> {
    const { schemaEvolution } = this.#options;
    this.#agreed ??= await agreeOnSchema(wanted, this.#sinkSchema, this.loader, schemaEvolution, this.name);
    return this.#agreed.schema;
  }

  async *#process(
    extracted: AsyncGenerator<BatchInHand<Input>>,
    span: Span,
    signal: AbortSignal,
  ): AsyncGenerator<BatchInHand<Output>> {
    const context: StageContext = {
      enterAt: this.#options.enterAt ?? 0,
      signal,
      observe: (inHand) => this.#observe(inHand.span),
      begin: (batch) => {
        this.#countInFlight(1);
        return { batch, span: span.child('pipeline.batch'), startedAt: performance.now() };
      },
      finish: (inHand) => this.#finish(inHand),
    };
    for await (const inHand of this.definition.stages.run(this.#admit(extracted), context)) {
      try {
        yield { ...inHand, batch: await this.#conform(inHand.batch) };
      } catch (error) {
        inHand.span.finish(error);
        throw error;
      }
    }
  }

  /** Keeps what could not be read before the first stage sees the batch. */
  async *#admit(extracted: AsyncGenerator<BatchInHand<Input>>): AsyncGenerator<BatchInHand<Input>> {
    const component = this.extractor.constructor.name;
    for await (const inHand of extracted) {
      this.#countInFlight(1);
      const { identity, rejections } = inHand.batch;
      try {
        await this.#deadLetter({ stage: 'extract', component, batch: identity, rejections });
      } catch (error) {
        inHand.span.finish(error);
        throw error;
      }
      yield inHand;
    }
  }

  /** The records as the sink's columns; those that do not fit are dead letters. */
  async #conform(batch: Batch<Output>): Promise<Batch<Output>> {
    if (batch.records.form !== undefined) return batch;
    const wanted = this.#agreed?.schema ?? batch.toColumns().columns().schema;
    if (wanted.fields.length === 0 && batch.size === 0) return batch;
    const schema = await this.#agree(wanted);
    const columnar = batch.toColumns(schema);
    if (columnar !== batch) {
      const { rejections } = columnar;
      await this.#deadLetter({ stage: 'load', component: 'column types', batch: batch.identity, rejections });
    }
    return columnar;
  }

  /** Times and traces a stage, and keeps what it rejects before anything goes on. */
  #observe(batchSpan: Span): ObserveStage {
    return async (stage, work) => {
      try {
        const name = stage.kind === 'validate' || stage.kind === 'contract' ? 'validate' : 'transform';
        const outcome = await this.#timed(batchSpan, name, work);
        const { filtered = 0, expanded = 0, merged = 0, warnings = 0, rejections } = outcome;
        this.#tally.add({ filtered, expanded, merged, warnings });
        await this.#deadLetter({ stage: stage.kind, component: stage.name, batch: outcome.batch.identity, rejections });
        return outcome.batch;
      } catch (error) {
        batchSpan.finish(error);
        throw error;
      }
    };
  }

  async #load(inHand: BatchInHand<Output>, signal: AbortSignal): Promise<void> {
    const { batch, span } = inHand;
    const component = this.loader.constructor.name;
    try {
      if (this.#agreed !== undefined) {
        const { written, merged = 0 } = await retryTransient(
          () => {
            throwIfFenced(signal);
            return this.#timed(span, 'load', () =>
              this.loader.load(batch, (rejections) =>
                this.#deadLetter({ stage: 'load', component, batch: batch.identity, rejections }),
              ),
            );
          },
          this.#countRetry,
        );
        this.#tally.add({ written, merged });
        metrics.count('records.written', written, this.#tags);
      }
    } catch (error) {
      span.finish(error);
      throw error;
    }
    this.#finish(inHand);
  }

  #finish({ span, startedAt, release }: BatchInHand<unknown>): void {
    release?.();
    span.finish();
    this.#countInFlight(-1);
    metrics.distribution('batch.duration', performance.now() - startedAt, this.#tags);
    this.#options.onProgress?.(this.#tally.counts);
  }

  readonly #countRetry = (): void => {
    this.#tally.add({ retries: 1 });
    metrics.count('load.retries', 1, this.#tags);
  };

  #countInFlight(change: 1 | -1): void {
    this.#inFlight += change;
    metrics.gauge('in_flight.batches', this.#inFlight, this.#tags);
  }

  async #deadLetter(failed: FailedRecords): Promise<void> {
    const count = failed.rejections.length;
    if (count === 0) return;
    await this.#options.keepDeadLetters(failed);
    this.#tally.add({ deadLettered: count });
    metrics.count('records.dead_lettered', count, this.#tags);
    const { deadLettered, read } = this.#tally.counts;
    checkBudget(deadLettered, read, this.#options.deadLetterBudget, false);
  }

  async #timed<T>(batchSpan: Span, stage: 'transform' | 'validate' | 'load', work: () => Promise<T>): Promise<T> {
    const span = batchSpan.child(stage);
    const started = performance.now();
    try {
      const result = await span.run(work);
      span.finish();
      return result;
    } catch (error) {
      span.finish(error);
      throw error;
    } finally {
      const milliseconds = performance.now() - started;
      this.#tally.addDuration(stage, milliseconds);
      metrics.distribution('stage.duration', milliseconds, { ...this.#tags, stage });
    }
  }
}

function interrupted(resource: string): PipelineError {
  return new PipelineError('INTERRUPTED', 'The run was asked to stop; what it had in hand is committed.', {
    where: { resource },
    hint: 'Run it again: it goes on where it stopped.',
  });
}
