import { DelegateBackoff, fullJitterGenerator, handleWhen, type IRetryBackoffContext, retry } from 'cockatiel';
import { AttemptError, post, type WebhookTarget } from './webhook.ts';

/** How long one delivery may try. All times in milliseconds. */
export interface DeliveryLimits {
  readonly maxAttempts: number;
  /** For one attempt. */
  readonly timeout: number;
  /** From the first attempt until the last one must have ended; a run that is to stop waits no longer than this. */
  readonly deadline: number;
  /** The pause before the second attempt is at most this, and doubles from there. */
  readonly initialDelay: number;
  readonly maxDelay: number;
  /** A receiver that asks for a longer pause (`Retry-After`) is not tried again. */
  readonly maxRetryAfter: number;
}

const DEFAULT_LIMITS: DeliveryLimits = {
  maxAttempts: 5,
  timeout: 8_000,
  deadline: 25_000,
  initialDelay: 500,
  maxDelay: 8_000,
  maxRetryAfter: 15_000,
};

export interface DeliveryOutcome {
  readonly status: 'delivered' | 'failed';
  readonly attempts: number;
  readonly statusCode?: number;
  readonly error?: string;
}

/**
 * Sends a body until the receiver accepts it: again after failures that may pass, with exponential backoff and full
 * jitter or the pause that the receiver asks for. Never rejects.
 */
export async function deliver(
  target: WebhookTarget,
  id: string,
  body: string,
  changes: Partial<DeliveryLimits> = {},
): Promise<DeliveryOutcome> {
  const limits = { ...DEFAULT_LIMITS, ...changes };
  const end = performance.now() + limits.deadline;
  const remaining = () => Math.max(0, Math.floor(end - performance.now()));
  const backoff = new DelegateBackoff<IRetryBackoffContext<unknown>, number>(({ result }, state) => {
    const [delay, next] = fullJitterGenerator(state, { ...limits, exponent: 2, generator: fullJitterGenerator });
    const asked = 'error' in result && result.error instanceof AttemptError ? result.error.retryAfter : undefined;
    return { delay: Math.min(asked ?? delay, remaining()), state: next };
  });
  const policy = retry(
    handleWhen(
      (error) =>
        error instanceof AttemptError &&
        error.retryable &&
        (error.retryAfter ?? 0) <= Math.min(limits.maxRetryAfter, remaining()) &&
        remaining() > 0,
    ),
    { maxAttempts: limits.maxAttempts - 1, backoff },
  );
  let attempts = 0;
  try {
    const statusCode = await policy.execute(() => {
      attempts++;
      return post(target, id, body, Math.max(1, Math.min(limits.timeout, remaining())));
    });
    return { status: 'delivered', attempts, statusCode };
  } catch (error) {
    return { status: 'failed', attempts, ...explain(error) };
  }
}

function explain(error: unknown): { error: string; statusCode?: number } {
  if (!(error instanceof AttemptError)) return { error: error instanceof Error ? error.name : 'unknown failure' };
  const { message, statusCode, retryAfter } = error;
  const asked = retryAfter === undefined ? '' : `, and asked to wait ${Math.ceil(retryAfter / 1_000)} s`;
  return { error: `${message}${asked}`, ...(statusCode !== undefined && { statusCode }) };
}
