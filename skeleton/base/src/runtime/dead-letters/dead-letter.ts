import { createHash } from 'node:crypto';
import { z } from 'zod';
import { redact } from '../config/secrets.ts';
import type { Position } from '../pipeline/position.ts';
import { type Shard, shardName } from '../pipeline/shard.ts';
import type { StageName } from '../pipeline/stage.ts';
import { describeRecord, type Incomplete, keepRecord } from './record.ts';

const STAGE_NAMES = ['extract', 'contract', 'transform', 'validate', 'load'] as const satisfies StageName[];

export interface DeadLetterError {
  readonly code: string;
  readonly message: string;
  readonly column?: string;
}

/** A record that failed, with all it takes to understand the failure and to run the record again. */
export interface DeadLetter {
  /** The same for the same failure of the same record, so that a batch that comes again does not double it. */
  readonly id: string;
  /** Number of the batch. */
  readonly sequence: number;
  readonly pipeline: string;
  readonly resource: string;
  /** The part of the resource that it was found in; left out where the resource is not split. */
  readonly shard?: Shard;
  /** Id of the run that found it. */
  readonly run: string;
  readonly stage: StageName;
  /** The transformer, validator, contract or connector that refused the record. */
  readonly component: string;
  readonly error: DeadLetterError;
  /** The record as it reached the stage, as plain JSON; see `keepRecord`. */
  readonly record: unknown;
  /** Set when `record` is not the whole record. */
  readonly incomplete?: Incomplete;
  /** The position of its batch. */
  readonly position: Position;
  /** The file or table it comes from. */
  readonly origin: string;
  /** 1-based number of the record in its origin, where it is known. */
  readonly rowNumber?: number;
  /** Byte in its origin at which the record begins, where that is known; of a compressed file, in what it contains. */
  readonly offset?: number;
  /** 1; of a letter that a replay made, one more than of the letter that it replayed. */
  readonly attempt: number;
  /** Id of the dead letter whose replay made this one: its record was refused further behind. */
  readonly parent?: string;
  /** ISO 8601, UTC. */
  readonly timestamp: string;
  readonly traceId?: string;
}

/** What a dead letter is made of. */
export interface DeadLetterSource extends Omit<DeadLetter, 'id' | 'incomplete' | 'timestamp'> {
  /** Which of the failures of its batch and stage it is, from 0. */
  readonly index: number;
}

const LONGEST_MESSAGE = 4_000;

export const deadLetterSchema: z.ZodType<DeadLetter> = z.object({
  id: z.string().min(1),
  sequence: z.int(),
  pipeline: z.string(),
  resource: z.string(),
  shard: z.object({ index: z.int(), count: z.int() }).optional(),
  run: z.string(),
  stage: z.enum(STAGE_NAMES),
  component: z.string(),
  error: z.object({ code: z.string(), message: z.string(), column: z.string().optional() }),
  record: z.json(),
  incomplete: z
    .discriminatedUnion('reason', [
      z.object({ reason: z.literal('truncated'), bytes: z.int() }),
      z.object({ reason: z.literal('redacted') }),
    ])
    .optional(),
  position: z.record(z.string(), z.json()),
  origin: z.string(),
  rowNumber: z.int().optional(),
  offset: z.int().min(0).optional(),
  attempt: z.int().min(1),
  parent: z.string().optional(),
  timestamp: z.iso.datetime(),
  traceId: z.string().optional(),
});

/** A dead letter that is safe to keep: no secret in it, bounded in size, with its id. */
export function createDeadLetter(source: DeadLetterSource): DeadLetter {
  const { index, error, record, sequence, ...rest } = source;
  const message = redact(error.message);
  return {
    id: deadLetterId(source),
    sequence,
    ...rest,
    error: {
      ...error,
      message: message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE).toWellFormed()}…` : message,
    },
    ...keepRecord(record),
    timestamp: new Date().toISOString(),
  };
}

/**
 * The record is part of the id: where somebody mended a row of the source before its batch came again, and the new
 * row fails too, it is another letter.
 */
function deadLetterId(source: DeadLetterSource): string {
  const { pipeline, resource, shard, sequence, stage, component, rowNumber, index, record, parent } = source;
  const name = shardName(resource, shard);
  const which = parent === undefined ? (rowNumber ?? `index ${index}`) : `${parent} ${index}`;
  const place = JSON.stringify([pipeline, name, sequence, stage, component, which]);
  return createHash('sha256').update(place).update(describeRecord(record)).digest('hex').slice(0, 32);
}
