import type { FailedRecords } from '../pipeline/dead-letter-queue.ts';
import type { Shard } from '../pipeline/shard.ts';
import { createDeadLetter, type DeadLetter } from './dead-letter.ts';

/** What all dead letters of one run share. */
export interface DeadLetterContext {
  readonly pipeline: string;
  readonly resource: string;
  readonly shard?: Shard;
  /** Id of the run. */
  readonly run: string;
  readonly traceId?: string;
}

/** The records that failed in one stage of one batch, as dead letters. */
export function deadLettersFrom(failed: FailedRecords, context: DeadLetterContext): DeadLetter[] {
  const { stage, component, batch, rejections } = failed;
  return rejections.map(({ record, rowNumber, offset, message, column }, index) =>
    createDeadLetter({
      ...context,
      stage,
      component,
      sequence: batch.sequence,
      position: batch.position,
      origin: batch.origin,
      error: {
        code: stage === 'extract' ? 'UNREADABLE' : 'REJECTED',
        message,
        ...(column !== undefined && { column }),
      },
      record,
      index,
      ...(rowNumber !== undefined && { rowNumber }),
      ...(offset !== undefined && { offset }),
      attempt: 1,
    }),
  );
}
