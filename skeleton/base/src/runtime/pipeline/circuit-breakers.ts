import { type CircuitBreakerPolicy, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel';
import { isOutage } from './call-policy.ts';

/** Milliseconds after which a system that stays down is called again. */
const HALF_OPEN_AFTER = 60_000;

/**
 * One circuit breaker for each connection of a run. It opens when a call has failed in spite of all retries, so that the
 * other resources that need the same system end at once and those that do not are not kept waiting.
 */
export class CircuitBreakers {
  readonly #breakers = new Map<string, CircuitBreakerPolicy>();

  of(connection: string): CircuitBreakerPolicy {
    const known = this.#breakers.get(connection);
    if (known !== undefined) return known;
    const breaker = circuitBreaker(handleWhen(isOutage), {
      halfOpenAfter: HALF_OPEN_AFTER,
      breaker: new ConsecutiveBreaker(1),
    });
    this.#breakers.set(connection, breaker);
    return breaker;
  }
}
