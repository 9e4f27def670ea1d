import { metrics } from '../observability/metrics.ts';
import type { Span } from '../observability/tracing.ts';
import { DeadLetterBudget, type DeadLetterLimits } from './dead-letter-budget.ts';
import type { FailedRecords, KeepDeadLetters } from './dead-letter-queue.ts';
import type { BatchInHand } from './extract-batches.ts';
import type { RunCounts } from './metrics.ts';
import type { ObserveStage } from './stage.ts';
import { Tally } from './tally.ts';

export interface LedgerOptions {
  readonly tags: { readonly pipeline: string; readonly resource: string };
  readonly deadLetterBudget: DeadLetterLimits;
  readonly keepDeadLetters: KeepDeadLetters;
  /** Told after each batch. */
  readonly onProgress?: ((counts: RunCounts) => void) | undefined;
}

/** The books of a run: what is counted, timed, traced and set aside while its batches move. */
export class Ledger {
  readonly tally = new Tally();
  readonly budget: DeadLetterBudget;
  readonly tags: LedgerOptions['tags'];
  readonly #options: LedgerOptions;
  #inFlight = 0;

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.tags = options.tags;
    this.budget = new DeadLetterBudget(options.deadLetterBudget);
  }

  /** Takes note of a batch that begins its way. */
  begin(): void {
    this.#countInFlight(1);
  }

  /** Lets go of a batch that is at its end. */
  finish({ batch, span, startedAt, release }: BatchInHand<unknown>): void {
    release?.();
    span.finish();
    this.#countInFlight(-1);
    this.budget.loaded(batch.identity.sequence);
    metrics.distribution('batch.duration', performance.now() - startedAt, this.tags);
    this.#options.onProgress?.(this.tally.counts);
  }

  /** Times and traces a stage, and keeps what it rejects before anything goes on. */
  observe(batchSpan: Span): ObserveStage {
    return async (stage, work) => {
      try {
        const name = stage.kind === 'validate' || stage.kind === 'contract' ? 'validate' : 'transform';
        const outcome = await this.timed(batchSpan, name, work);
        const { filtered = 0, expanded = 0, merged = 0, warnings = 0, rejections } = outcome;
        this.tally.add({ filtered, expanded, merged, warnings });
        await this.deadLetter({ stage: stage.kind, component: stage.name, batch: outcome.batch.identity, rejections });
        return outcome.batch;
      } catch (error) {
        batchSpan.finish(error);
        throw error;
      }
    };
  }

  /**
   * Keeps failed records.
   *
   * @throws PipelineError `DEAD_LETTER_BUDGET` when they are too many
   */
  async deadLetter(failed: FailedRecords): Promise<void> {
    const count = failed.rejections.length;
    if (count === 0) return;
    await this.#options.keepDeadLetters(failed);
    this.tally.add({ deadLettered: count });
    metrics.count('records.dead_lettered', count, this.tags);
    this.budget.spend(failed.batch.sequence, count);
  }

  /** Takes note of a batch that is loaded. */
  loaded(written: number, merged: number): void {
    this.tally.add({ written, merged });
    metrics.count('records.written', written, this.tags);
  }

  async timed<T>(batchSpan: Span, stage: 'transform' | 'validate' | 'load', work: () => Promise<T>): Promise<T> {
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
      this.tally.addDuration(stage, milliseconds);
      metrics.distribution('stage.duration', milliseconds, { ...this.tags, stage });
    }
  }

  #countInFlight(change: 1 | -1): void {
    this.#inFlight += change;
    metrics.gauge('in_flight.batches', this.#inFlight, this.tags);
  }
}
