import { PipelineError } from '../errors/pipeline-error.ts';
import type { Batch, Rejection } from './batch.ts';
import type { StageName } from './stage.ts';

/** Records of one batch that failed in one stage. */
export interface FailedRecords {
  readonly stage: StageName;
  /** The transformer, validator, contract or connector that refused them. */
  readonly component: string;
  readonly batch: Batch<unknown>['identity'];
  readonly rejections: readonly Rejection[];
}

/** Keeps failed records; resolves when they are durable. A record that comes again is kept once. */
export type KeepDeadLetters = (failed: FailedRecords) => Promise<void>;

export interface DeadLetterBudget {
  /** Most dead letters of a run. */
  readonly max: number;
  /** Most dead letters as a share of the records read, from 0 to 1. */
  readonly share: number;
}

/** Records below which a share says little: it is judged from here on, and at the end of a run. */
const SHARE_COUNTS_FROM = 1000;

/** @throws PipelineError `DEAD_LETTER_BUDGET` when a run has more dead letters than it may have */
export function checkBudget(deadLettered: number, read: number, budget: DeadLetterBudget, atEnd: boolean): void {
  const hint =
    'Look at them with `npm run pipeline -- dlq list`; mend the cause, or raise deadLetters in pipeline.yaml.';
  if (deadLettered > budget.max) {
    throw new PipelineError('DEAD_LETTER_BUDGET', `${deadLettered} dead letters; at most ${budget.max} are allowed.`, {
      hint,
    });
  }
  const judged = atEnd || read >= SHARE_COUNTS_FROM;
  if (judged && deadLettered > allowedByShare(read, budget.share)) {
    const percent = ((100 * deadLettered) / read).toFixed(1);
    const allowed = (100 * budget.share).toFixed(1);
    throw new PipelineError(
      'DEAD_LETTER_BUDGET',
      `${deadLettered} of ${read} records are dead letters (${percent} %); at most ${allowed} % are allowed.`,
      { hint },
    );
  }
}

/** A share of a few records is less than one: unless none is allowed, one is. */
function allowedByShare(read: number, share: number): number {
  return share === 0 ? 0 : Math.max(1, share * read);
}
