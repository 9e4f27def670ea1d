import type { Columns } from '../columns/columns.ts';
import { PipelineError } from '../errors/pipeline-error.ts';
import { type Span, startSpan } from '../observability/tracing.ts';
import type { Batch } from '../pipeline/batch.ts';
import type { BatchInHand } from '../pipeline/extract-batches.ts';
import type { Extractor } from '../pipeline/extractor.ts';
import type { Position } from '../pipeline/position.ts';
import type { StageContext } from '../pipeline/stage.ts';
import type { ResourceDefinition } from '../resource.ts';
import type { TableSchema } from '../schema/table-schema.ts';

export interface SourceRecordsOptions {
  readonly extractor: Extractor;
  readonly definition: ResourceDefinition;
  /** The columns that the records are asked for in; `undefined`: rows, for a contract. */
  readonly columns: TableSchema | undefined;
  /** The columns that are compared, in the types of the sink. */
  readonly schema: TableSchema;
  readonly signal: AbortSignal;
}

/** What became of the source's records on one way through the stages. */
export interface PassageCounts {
  /** Read, those included that could not be. */
  read: number;
  /** Refused by a stage or by the types of the sink: they are dead letters, and not to be found in the sink. */
  refused: number;
  filtered: number;
  expanded: number;
  merged: number;
}

/** Reads a source through the stages of its resource, as a run does, and loads nothing. */
export class SourceRecords {
  readonly #options: SourceRecordsOptions;
  /** Of the last reading. */
  counts: PassageCounts = emptyCounts();

  constructor(options: SourceRecordsOptions) {
    this.#options = options;
  }

  /**
   * The records as columns; they are good until the next ones are asked for.
   *
   * @param from only what lies behind this: what the next run will bring
   */
  async *read(from?: Position): AsyncGenerator<Columns> {
    const { definition, schema, signal } = this.#options;
    this.counts = emptyCounts();
    const span = startSpan('pipeline.verify', { resource: definition.name });
    const context: StageContext = {
      enterAt: 0,
      signal,
      observe: () => async (_, work) => {
        const outcome = await work();
        this.counts.refused += outcome.rejections.length;
        for (const effect of ['filtered', 'expanded', 'merged'] as const) this.counts[effect] += outcome[effect] ?? 0;
        return outcome.batch;
      },
      begin: (batch) => inHandOf(batch, span),
      finish: ({ release }) => release?.(),
    };
    try {
      for await (const { batch, release } of definition.stages.run(this.#extract(from, span), context)) {
        const columnar = batch.toColumns(schema);
        if (columnar !== batch) this.counts.refused += columnar.rejections.length;
        if (columnar.size > 0) yield columnar.columns();
        release?.();
      }
      // A stage for the whole stream ends early, and without an error, when it is asked to stop.
      if (signal.aborted) throw new PipelineError('INTERRUPTED', 'The comparison was asked to stop.');
    } finally {
      span.finish();
    }
  }

  async *#extract(from: Position | undefined, span: Span): AsyncGenerator<BatchInHand<never>> {
    const { extractor, columns, signal } = this.#options;
    const request = { firstSequence: 1, signal, ...(from && { from }), ...(columns && { columns }) };
    const batches = extractor.extract(request);
    for await (const batch of batches) {
      signal.throwIfAborted();
      this.counts.read += batch.size + batch.rejections.length;
      this.counts.refused += batch.rejections.length;
      yield inHandOf(batch, span) as BatchInHand<never>;
    }
  }
}

function inHandOf<T>(batch: Batch<T>, span: Span): BatchInHand<T> {
  return { batch, span, startedAt: performance.now(), release: () => batch.release() };
}

function emptyCounts(): PassageCounts {
  return { read: 0, refused: 0, filtered: 0, expanded: 0, merged: 0 };
}
