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
