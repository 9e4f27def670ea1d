import { PipelineError } from '../errors/pipeline-error.ts';

/** How many dead letters a run may have. */
export interface DeadLetterLimits {
  /** Most dead letters of a run. */
  readonly max: number;
  /** Most dead letters as a share of the records read, from 0 to 1: of the whole run, and of each window. */
  readonly share: number;
  /** Records of a window. It ends with the batch in which it has so many. */
  readonly window: number;
}

/** Records below which a share says little: that of the run is judged from here on, and at its end. */
const SHARE_COUNTS_FROM = 1000;

interface Window {
  /** Number of its last batch so far. */
  lastBatch: number;
  read: number;
  deadLettered: number;
}

/**
 * Stops a run that has more dead letters than it may: in all, as a share of what it has read, or as a share of one
 * window, which are the batches in a row that have `window` records together. So a run of a million records stops where
 * it goes wrong, and not when that has spoilt its average.
 */
export class DeadLetterBudget {
  readonly #limits: DeadLetterLimits;
  /** The last one is still open. */
  readonly #windows: Window[] = [];
  #read = 0;
  #deadLettered = 0;

  constructor(limits: DeadLetterLimits) {
    this.#limits = limits;
  }

  /** Takes note of a batch that was read, in the order of the batches. */
  read(batch: number, records: number): void {
    this.#read += records;
    const open = this.#windows.at(-1);
    if (open !== undefined && open.read < this.#limits.window) {
      open.read += records;
      open.lastBatch = batch;
    } else {
      this.#windows.push({ lastBatch: batch, read: records, deadLettered: 0 });
    }
  }

  /** Forgets the windows before that of a batch that is loaded: nothing more can be found in them. */
  loaded(batch: number): void {
    while (this.#windows.length > 1 && (this.#windows[0]?.lastBatch ?? batch) < batch) this.#windows.shift();
  }

  /**
   * Takes note of dead letters of a batch.
   *
   * @throws PipelineError `DEAD_LETTER_BUDGET`
   */
  spend(batch: number, deadLetters: number): void {
    this.#deadLettered += deadLetters;
    const window = this.#windows.find(({ lastBatch }) => batch <= lastBatch) ?? this.#windows.at(-1);
    if (window !== undefined) window.deadLettered += deadLetters;
    this.#checkCount();
    if (this.#read >= SHARE_COUNTS_FROM) this.#checkShare(this.#deadLettered, this.#read, '');
    if (window === undefined) return;
    // The records of an open window that are still to come may all be good.
    const records = Math.max(window.read, this.#limits.window);
    this.#checkShare(window.deadLettered, records, ` in a row, up to batch ${window.lastBatch},`);
  }

  /** @throws PipelineError `DEAD_LETTER_BUDGET` when the run as a whole has too many */
  checkAtEnd(): void {
    this.#checkCount();
    this.#checkShare(this.#deadLettered, this.#read, '');
  }

  #checkCount(): void {
    const { max } = this.#limits;
    if (this.#deadLettered > max) throw exceeded(`${this.#deadLettered} dead letters; at most ${max} are allowed.`);
  }

  #checkShare(deadLettered: number, records: number, which: string): void {
    const { share } = this.#limits;
    // A share of a few records is less than one: unless none is allowed, one is.
    const allowed = share === 0 ? 0 : Math.max(1, share * records);
    if (deadLettered <= allowed) return;
    const percent = ((100 * deadLettered) / records).toFixed(1);
    throw exceeded(
      `${deadLettered} of ${records} records${which} are dead letters (${percent} %); ` +
        `at most ${(100 * share).toFixed(1)} % are allowed.`,
    );
  }
}

function exceeded(message: string): PipelineError {
  return new PipelineError('DEAD_LETTER_BUDGET', message, {
    hint: 'Look at them with `npm run pipeline -- dlq list`; mend the cause, or raise deadLetters in pipeline.yaml.',
  });
}
