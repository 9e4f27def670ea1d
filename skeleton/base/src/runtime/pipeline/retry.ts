import { DelegateBackoff, fullJitterGenerator, handleWhen, type IRetryBackoffContext, retry } from 'cockatiel';
import { asPipelineError, type ErrorCode, type PipelineError } from '../errors/pipeline-error.ts';

/** Bounds of the pause before another try, in milliseconds: it doubles up to the longest one, with full jitter. */
interface Pauses {
  readonly first: number;
  readonly longest: number;
}

/**
 * The failures that may pass by themselves, and how long to wait before another try. All others end the run at once:
 * a wrong password is not right the second time.
 */
export const RETRIES: Readonly<Partial<Record<ErrorCode, Pauses>>> = {
  UNAVAILABLE: { first: 250, longest: 20_000 },
  TIMEOUT: { first: 250, longest: 20_000 },
  CONFLICT: { first: 20, longest: 1_000 },
  RATE_LIMITED: { first: 1_000, longest: 60_000 },
};

/** Whether the same call may succeed later without anybody changing anything. */
export function isTransient(error: unknown): boolean {
  return RETRIES[asPipelineError(error).code] !== undefined;
}

export interface RetryOptions {
  /** Milliseconds after the first failure within which another attempt may begin. */
  readonly within: number;
  /** Told of each failure that is followed by another attempt. */
  readonly onRetry?: (error: PipelineError) => void;
  /** Whether no further attempt may begin for another reason. */
  readonly stopped?: () => boolean;
}

/**
 * Does work again while it fails transiently, until the time for that is over. A pause that the failing system asks
 * for (`retryAfter`) is kept; one that is longer than the time left is not waited for.
 *
 * @throws what the last attempt threw
 */
export async function retryTransient<T>(
  work: () => Promise<T>,
  { within, onRetry, stopped = () => false }: RetryOptions,
): Promise<T> {
  let end: number | undefined;
  const left = (): number => {
    end ??= performance.now() + within;
    return end - performance.now();
  };
  const policy = retry(
    handleWhen((error) => {
      const { retryAfter = 0 } = asPipelineError(error);
      return isTransient(error) && !stopped() && left() > retryAfter;
    }),
    { maxAttempts: Number.POSITIVE_INFINITY, backoff: new DelegateBackoff(pauseAfter) },
  );
  policy.onRetry((reason) => onRetry?.(asPipelineError('error' in reason ? reason.error : undefined)));
  return policy.execute(work);
}

/** @param attempts state of cockatiel's generator */
function pauseAfter({ result }: IRetryBackoffContext<unknown>, attempts?: number): { delay: number; state: number } {
  const { code, retryAfter } = asPipelineError('error' in result ? result.error : undefined);
  const { first = 0, longest = 0 } = RETRIES[code] ?? {};
  const [jittered, state] = fullJitterGenerator(attempts, {
    initialDelay: first,
    maxDelay: longest,
    exponent: 2,
    generator: fullJitterGenerator,
  });
  return { delay: retryAfter ?? jittered, state };
}
