import { PipelineError } from '../errors/pipeline-error.ts';
import { metrics } from '../observability/metrics.ts';
import { type Span, traceRun } from '../observability/tracing.ts';
import type { ResourceDefinition } from '../resource.ts';
import { agreeOnSchema, type SchemaEvolution } from '../schema/drift.ts';
import { requireContractColumns } from '../schema/require-contract-columns.ts';
import type { TableSchema } from '../schema/table-schema.ts';
import type { Batch } from './batch.ts';
import { CallPolicy } from './call-policy.ts';
import type { DeadLetterLimits } from './dead-letter-budget.ts';
import type { KeepDeadLetters } from './dead-letter-queue.ts';
import { type BatchInHand, extractBatches } from './extract-batches.ts';
import type { Extractor } from './extractor.ts';
import { throwIfFenced } from './fenced.ts';
import { Ledger } from './ledger.ts';
import type { Loader, RejectRecords } from './loader.ts';
import type { PipelineMetrics, RunCounts } from './metrics.ts';
import { readAhead } from './read-ahead.ts';
import { reconcile } from './reconcile.ts';
import type { StageContext } from './stage.ts';
import type { Start } from './start.ts';

export interface PipelineOptions<Input, Output> {
  /** Name of the resource. */
  readonly name: string;
  /** Name of the pipeline that the resource belongs to. */
  readonly pipeline: string;
  readonly extractor: Extractor<Input>;
  readonly definition: ResourceDefinition<Input, Output>;
  readonly loader: Loader<Output>;
  /** How both ends are called; left out, with the default deadlines. */
  readonly calls?: { readonly source: CallPolicy; readonly sink: CallPolicy };
  readonly start: Start;
  readonly schemaEvolution: SchemaEvolution;
  readonly deadLetterBudget: DeadLetterLimits;
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
  readonly #source: CallPolicy;
  readonly #sink: CallPolicy;
  readonly #ledger: Ledger;
  /** The columns of the sink before the run. */
  #sinkSchema: TableSchema | undefined;
  #agreed: { schema: TableSchema; changes: readonly string[] } | undefined;

  constructor(options: PipelineOptions<Input, Output>) {
    this.name = options.name;
    this.extractor = options.extractor;
    this.definition = options.definition;
    this.loader = options.loader;
    this.#options = options;
    const { source, sink } = options.calls ?? {};
    this.#source = source ?? new CallPolicy({ name: 'The source', abandon: () => this.extractor.abandon() });
    this.#sink = sink ?? new CallPolicy({ name: 'The sink', abandon: () => this.loader.abandon() });
    const tags = { pipeline: options.pipeline, resource: options.name };
    this.#sink.onRetry = () => metrics.count('load.retries', 1, tags);
    const { deadLetterBudget, keepDeadLetters, onProgress } = options;
    this.#ledger = new Ledger({ tags, deadLetterBudget, keepDeadLetters, onProgress });
  }

  /** What was done so far; also after a failure: what the sink has not confirmed is not written. */
  get metrics(): PipelineMetrics {
    const { counts, ...others } = this.#ledger.tally.metrics(this.#agreed?.changes ?? []);
    const retries = this.#source.retries + this.#sink.retries;
    return { ...others, counts: { ...counts, retries, written: this.loader.recordsWritten } };
  }

  /**
   * Runs until the source is at its end or `signal` asks to stop. Extractor and loader stay open.
   *
   * @throws PipelineError with the exit code of the run; what was committed before it stays
   */
  async run(signal: AbortSignal): Promise<PipelineMetrics> {
    const { span } = this.#options;
    if (span === undefined) await traceRun(this.#ledger.tags, (own) => this.#move(own, signal));
    else await this.#move(span, signal);
    return this.metrics;
  }

  async #move(span: Span, signal: AbortSignal): Promise<void> {
    const columns = await this.#prepare();
    const form = this.definition.stages.list.length === 0 ? this.loader.form : undefined;
    const failed = new AbortController();
    const request = {
      ...this.#options.start,
      signal: AbortSignal.any([signal, failed.signal]),
      ...(columns && { columns }),
      ...(form && { form }),
    };
    const extracted = extractBatches({
      extractor: this.extractor,
      calls: this.#source,
      request,
      span,
      ledger: this.#ledger,
    });
    const processed = this.#process(readAhead(extracted, READ_AHEAD), span, signal);
    for await (const inHand of readAhead(processed, READ_AHEAD)) {
      throwIfFenced(signal);
      await this.#load(inHand, signal).catch((error: unknown) => {
        // Nobody waits for the batches behind it.
        failed.abort();
        throw error;
      });
    }
    throwIfFenced(signal);
    const { counts } = this.#ledger.tally;
    const complete = !signal.aborted;
    this.#ledger.budget.checkAtEnd();
    if (this.#agreed !== undefined) await this.#sink.call(() => this.loader.finish(complete));
    if (!complete) throw interrupted(this.name);
    reconcile(counts, this.loader.recordsWritten, this.name);
  }

  /** Agrees on columns as far as they are known before the first record; returns those to ask the extractor for. */
  async #prepare(): Promise<TableSchema | undefined> {
    const { contractFields, outputSchema, stages } = this.definition;
    this.#sinkSchema = await this.#sink.call(() => this.loader.schema());
    const source = await this.#source.call(() => this.extractor.schema(this.#sinkSchema));
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
    this.#agreed ??= await this.#sink.call(() =>
      agreeOnSchema(wanted, this.#sinkSchema, this.loader, schemaEvolution, this.name),
    );
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
      observe: (inHand) => this.#ledger.observe(inHand.span),
      begin: (batch) => {
        this.#ledger.begin();
        return { batch, span: span.child('pipeline.batch'), startedAt: performance.now() };
      },
      finish: (inHand) => this.#ledger.finish(inHand),
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
      this.#ledger.begin();
      const { identity, rejections } = inHand.batch;
      try {
        await this.#ledger.deadLetter({ stage: 'extract', component, batch: identity, rejections });
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
    const wanted = this.#agreed?.schema ?? batch.schema();
    if (wanted.fields.length === 0 && batch.size === 0) return batch;
    const schema = await this.#agree(wanted);
    const columnar = batch.toColumns(schema);
    if (columnar !== batch) {
      const { rejections } = columnar;
      await this.#ledger.deadLetter({ stage: 'load', component: 'column types', batch: batch.identity, rejections });
    }
    return columnar;
  }

  async #load(inHand: BatchInHand<Output>, signal: AbortSignal): Promise<void> {
    const { batch, span } = inHand;
    const { identity } = batch;
    const component = this.loader.constructor.name;
    const reject: RejectRecords = (rejections) =>
      this.#ledger.deadLetter({ stage: 'load', component, batch: identity, rejections });
    try {
      if (this.#agreed !== undefined) {
        const { written, merged = 0 } = await this.#sink.call(() => {
          throwIfFenced(signal);
          return this.#ledger.timed(span, 'load', () => this.loader.load(batch, reject));
        });
        this.#ledger.loaded(written, merged);
      }
    } catch (error) {
      span.finish(error);
      throw error;
    }
    this.#ledger.finish(inHand);
  }
}

function interrupted(resource: string): PipelineError {
  return new PipelineError('INTERRUPTED', 'The run was asked to stop; what it had in hand is committed.', {
    where: { resource },
    hint: 'Run it again: it goes on where it stopped.',
  });
}
