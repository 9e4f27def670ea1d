import { z } from 'zod';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { type Checkpoint, checkpointSchema } from '../../pipeline/position.ts';
import type { Action } from './actions.ts';
import type { DeltaLog } from './log.ts';
import type { Snapshot } from './snapshot.ts';

/** Shown in the history of a table as its writer. */
const ENGINE = 'etl-pipeline-template';

/** The `txn` version of a stream that nobody goes on with: a log can only be added to. */
export const FORGOTTEN = -1;

/** Member of `commitInfo` that says how far a stream has come with the commit. */
const progressSchema = z.object({
  etl: z.object({ stream: z.string(), writer: z.string().optional() }).and(checkpointSchema),
});

/** Who did what, for the table's history. The values of `parameters` are text, as Spark wants them. */
export function commitInfo(
  operation: string,
  parameters: Readonly<Record<string, string>>,
  more: Readonly<Record<string, unknown>> = {},
): Action {
  const info = { timestamp: Date.now(), operation, operationParameters: parameters, engineInfo: ENGINE };
  return { commitInfo: { ...info, ...more } };
}

/** How far a stream has come: `txn` is for Delta's own idempotence, the position goes into the commit's `commitInfo`. */
export function progressOf(
  stream: string,
  writer: string | undefined,
  checkpoint: Checkpoint,
): z.infer<typeof progressSchema> {
  return { etl: { stream, writer, ...checkpoint } };
}

/**
 * How far a stream has come in a table. Its `txn` action, which is part of every snapshot, tells whether it ever
 * wrote there; the position is in the last commit it made, looked for from the newest backwards.
 *
 * @throws PipelineError `NOT_FOUND` when a log clean-up has removed that commit
 */
export async function findCheckpoint(
  log: DeltaLog,
  snapshot: Snapshot,
  stream: string,
): Promise<Checkpoint | undefined> {
  return (await findProgress(log, snapshot, stream))?.checkpoint;
}

/** The run that has committed last to a stream; `undefined` where that is not known. */
export async function findWriter(log: DeltaLog, snapshot: Snapshot, stream: string): Promise<string | undefined> {
  return (await findProgress(log, snapshot, stream))?.writer;
}

interface Progress {
  readonly checkpoint: Checkpoint;
  readonly writer: string | undefined;
}

async function findProgress(log: DeltaLog, snapshot: Snapshot, stream: string): Promise<Progress | undefined> {
  const transaction = snapshot.transactions.get(stream);
  if (transaction === undefined || transaction.version === FORGOTTEN) return undefined;
  for (let version = snapshot.version; version >= 0; version--) {
    const actions = await log.read(version);
    if (actions === undefined) break;
    const progress = progressIn(actions, stream);
    if (progress?.checkpoint.sequence === transaction.version) return progress;
  }
  throw new PipelineError(
    'NOT_FOUND',
    `${log.folder}: the commit with the position of ${stream} (batch ${transaction.version}) is no longer there.`,
    {
      where: { file: log.folder },
      hint: "Run more often than the table's log is cleaned up, or load into a new table.",
    },
  );
}

function progressIn(actions: readonly Action[], stream: string): Progress | undefined {
  for (const action of actions) {
    const progress = progressSchema.safeParse(action.commitInfo);
    if (!progress.success || progress.data.etl.stream !== stream) continue;
    const { writer, sequence, position, complete } = progress.data.etl;
    return { writer, checkpoint: { sequence, position, complete } };
  }
  return undefined;
}
