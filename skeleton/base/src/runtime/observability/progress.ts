import type { SingleBar } from 'cli-progress';
import type { RunCounts } from '../pipeline/metrics.ts';
import { logger } from './logger.ts';
import { addBar, endBar } from './progress-bars.ts';

/** Tells a person how far a run is. */
export interface Progress {
  update(counts: RunCounts): void;
  finish(): void;
}

/** Milliseconds between two lines where there is no terminal. */
const LINE_INTERVAL = 5_000;

/**
 * A bar on a terminal, a log line every few seconds anywhere else.
 *
 * @param estimate records to come, where the source can tell; gives the bar its length and the time left
 */
export function createProgress(resource: string, estimate?: number): Progress {
  const terminal = process.stderr.isTTY && !process.env.CI && process.env.TERM !== 'dumb';
  return terminal ? new ProgressBar(resource, estimate) : new ProgressLines(resource, estimate);
}

class ProgressBar implements Progress {
  readonly #resource: string;
  readonly #pace: Pace;
  readonly #bar: SingleBar;

  constructor(resource: string, estimate: number | undefined) {
    this.#resource = resource;
    this.#pace = new Pace(estimate);
    this.#bar = addBar(estimate, { resource, text: '' });
  }

  update(counts: RunCounts): void {
    if (counts.read > this.#bar.getTotal()) this.#bar.setTotal(counts.read);
    this.#bar.update(counts.read, { resource: this.#resource, text: this.#pace.describe(counts) });
  }

  finish(): void {
    endBar(this.#bar);
  }
}

class ProgressLines implements Progress {
  readonly #resource: string;
  readonly #pace: Pace;
  #printed = performance.now();

  constructor(resource: string, estimate: number | undefined) {
    this.#resource = resource;
    this.#pace = new Pace(estimate);
  }

  update(counts: RunCounts): void {
    if (performance.now() - this.#printed < LINE_INTERVAL) return;
    this.#printed = performance.now();
    logger.info({ resource: this.#resource, counts }, `${this.#resource}: ${this.#pace.describe(counts)}`);
  }

  finish(): void {}
}

/** Turns counts into words: `1,200,000 rows, 312,000 rows/s, 12 s left, 3 dead letters`. */
class Pace {
  readonly #estimate: number | undefined;
  readonly #started = performance.now();

  constructor(estimate: number | undefined) {
    this.#estimate = estimate;
  }

  describe({ read, deadLettered }: RunCounts): string {
    const rate = read / Math.max((performance.now() - this.#started) / 1000, 0.001);
    const parts = [`${format(read)} rows`, `${format(rate)} rows/s`];
    if (this.#estimate !== undefined && read > 0 && read < this.#estimate) {
      parts.push(`${formatSeconds((this.#estimate - read) / rate)} left`);
    }
    if (deadLettered > 0) parts.push(`${format(deadLettered)} dead letters`);
    return parts.join(', ');
  }
}

function format(count: number): string {
  return Math.round(count).toLocaleString('en');
}

function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
