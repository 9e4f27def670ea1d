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
  /** The letter whose replay it is. */
  readonly parent?: DeadLetter;
}

/** The records that failed in one stage of one batch, as dead letters. */
export function deadLettersFrom(failed: FailedRecords, context: DeadLetterContext): DeadLetter[] {
  const { stage, component, rejections } = failed;
  const { parent, ...shared } = context;
  const { sequence, position, origin } = parent ?? failed.batch;
  return rejections.map(({ record, rowNumber, offset, message, column }, index) =>
    createDeadLetter({
      ...shared,
      stage,
      component,
      sequence,
      position,
      origin,
      error: {
        code: stage === 'extract' ? 'UNREADABLE' : 'REJECTED',
        message,
        ...(column !== undefined && { column }),
      },
      record,
      index,
      ...(rowNumber !== undefined && { rowNumber }),
      ...(offset !== undefined && { offset }),
      attempt: (parent?.attempt ?? 0) + 1,
      ...(parent && { parent: parent.id }),
    }),
  );
}
