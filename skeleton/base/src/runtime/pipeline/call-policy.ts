import { BrokenCircuitError, type CircuitBreakerPolicy, TaskCancelledError, TimeoutStrategy, timeout } from 'cockatiel';
import { asPipelineError, PipelineError } from '../errors/pipeline-error.ts';
import { logger } from '../observability/logger.ts';
import { retryTransient } from './retry.ts';

/** How long one end of a pipeline may take, in milliseconds. */
export interface Deadlines {
  /** For its answer to one call: the next batch, a batch loaded, the end of a load. */
  readonly answer: number;
  /** After a transient failure, for further attempts to begin. */
  readonly retry: number;
}

export const DEFAULT_DEADLINES: Deadlines = { answer: 900_000, retry: 120_000 };

export interface CallPolicyOptions {
  /** What is called, for people: `the source shop`. */
  readonly name: string;
  /** Makes the calls in hand fail; see `Extractor.abandon` and `Loader.abandon`. */
  readonly abandon: () => void;
  readonly deadlines?: Deadlines;
  /** Shared by all who call the same system. */
  readonly breaker?: CircuitBreakerPolicy | undefined;
}

/** How long a call that was given up has to end, in milliseconds. */
const GRACE = 5_000;
/** How long it may take to close an end, in milliseconds. */
const CLOSE = 60_000;

/**
 * How the source or the sink of a pipeline is called: with a deadline, again after transient failures, and not at all
 * once it was found to stay down.
 */
export class CallPolicy {
  /** Attempts beyond the first one, over all calls. */
  retries = 0;
  /** Told of each of them. */
  onRetry: () => void = () => {};
  readonly #options: CallPolicyOptions;
  readonly #deadlines: Deadlines;
  /** Set when a call could not be given up: nobody can tell what it still does. */
  #stuck: PipelineError | undefined;

  constructor(options: CallPolicyOptions) {
    this.#options = options;
    this.#deadlines = options.deadlines ?? DEFAULT_DEADLINES;
  }

  /**
   * @param work is given a signal that is aborted at the deadline; the work may come again
   * @param signal gives the call up at once
   * @throws PipelineError `TIMEOUT` when there is no answer in time, what `work` throws, and `UNAVAILABLE` without
   *   calling when the system was found to stay down
   */
  async call<T>(work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#guard(() =>
      retryTransient(() => this.#attempt(work, signal), {
        within: this.#deadlines.retry,
        stopped: () => this.#stuck !== undefined || signal?.aborted === true,
        onRetry: (error) => {
          this.retries += 1;
          this.onRetry();
          logger.warn({ error }, `${this.#options.name} failed and is tried again.`);
        },
      }),
    );
  }

  /** The same without another try, for what only looks. */
  async once<T>(work: () => Promise<T>): Promise<T> {
    return this.#guard(() => this.#attempt(work));
  }

  /** Closes an end; one that does not answer is left behind. */
  async close(work: () => Promise<void>): Promise<void> {
    if (this.#stuck !== undefined) return;
    const policy = timeout(CLOSE, TimeoutStrategy.Aggressive);
    await policy.execute(work).catch((error: unknown) => {
      if (!(error instanceof TaskCancelledError)) throw error;
      this.#options.abandon();
      logger.warn(`${this.#options.name} does not answer and could not be closed.`);
    });
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    const { breaker, name } = this.#options;
    try {
      return await (breaker === undefined ? work() : breaker.execute(work));
    } catch (error) {
      if (!(error instanceof BrokenCircuitError)) throw error;
      throw new PipelineError('UNAVAILABLE', `${name} stays down: it is not tried again in this run.`, {
        hint: 'An earlier message says what happened. The next run goes on by itself.',
        cause: error,
      });
    }
  }

  async #attempt<T>(work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#stuck !== undefined) throw this.#stuck;
    signal?.throwIfAborted();
    let attempt: Promise<T> | undefined;
    const policy = timeout(this.#deadlines.answer, { strategy: TimeoutStrategy.Aggressive, abortOnReturn: false });
    try {
      return await policy.execute((_, cancelled) => {
        attempt = work(cancelled);
        return attempt;
      }, signal);
    } catch (error) {
      if (!(error instanceof TaskCancelledError)) throw error;
      await this.#giveUp(attempt);
      signal?.throwIfAborted();
      throw this.#stuck ?? this.#timeoutError('did not answer within');
    }
  }

  /** A call is repeated only when the one before is over: two at once could write twice. */
  async #giveUp(attempt: Promise<unknown> | undefined): Promise<void> {
    this.#options.abandon();
    const grace = timeout(GRACE, TimeoutStrategy.Aggressive);
    await grace
      .execute(() => attempt)
      .catch((error: unknown) => {
        if (!(error instanceof TaskCancelledError)) return;
        this.#stuck = this.#timeoutError('cannot be made to end a call that has taken longer than');
      });
  }

  #timeoutError(what: string): PipelineError {
    const seconds = this.#deadlines.answer / 1000;
    return new PipelineError('TIMEOUT', `${this.#options.name} ${what} ${seconds} s.`, {
      hint: 'Look at that system: does it wait for a lock, a disk, a network? If it needs the time, raise deadlines in pipeline.yaml.',
    });
  }
}

/** Whether an error says that a system is down, and not what is wrong with a call. */
export function isOutage(error: unknown): boolean {
  return ['UNAVAILABLE', 'TIMEOUT', 'RATE_LIMITED'].includes(asPipelineError(error).code);
}
