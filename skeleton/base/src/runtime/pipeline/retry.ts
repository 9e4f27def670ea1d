import { ExponentialBackoff, fullJitterGenerator, handleWhen, retry } from 'cockatiel';
import { asPipelineError, type PipelineError } from '../errors/pipeline-error.ts';

/** Attempts after the first one, and the bounds of the pause between two of them in milliseconds. */
const RETRIES = { maxAttempts: 6, initialDelay: 250, maxDelay: 20_000 };

/**
 * Does work again while it fails transiently (`PipelineError` `UNAVAILABLE`), after pauses that grow exponentially
 * with full jitter; about a minute in all.
 *
 * @param onRetry told of each failure that is followed by another attempt
 * @throws what the last attempt threw
 */
export async function retryTransient<T>(
  work: () => Promise<T>,
  onRetry: (error: PipelineError) => void,
  signal?: AbortSignal,
): Promise<T> {
  const policy = retry(
    handleWhen((error) => asPipelineError(error).transient && signal?.aborted !== true),
    {
      maxAttempts: RETRIES.maxAttempts,
      backoff: new ExponentialBackoff({
        initialDelay: RETRIES.initialDelay,
        maxDelay: RETRIES.maxDelay,
        generator: fullJitterGenerator,
      }),
    },
  );
  policy.onRetry((reason) => onRetry(asPipelineError('error' in reason ? reason.error : undefined)));
  return policy.execute(work, signal);
}
