import { PipelineError } from '../../errors/pipeline-error.ts';
import type { Metadata, Protocol } from './actions.ts';
import type { Snapshot } from './snapshot.ts';

/** What a writer relies on while other writers go on: nobody else may change it. */
export interface Expectation {
  readonly stream: string;
  /** Last batch of the stream in the table. */
  readonly sequence: number | undefined;
  readonly protocol: Protocol;
  readonly metadata: Metadata;
}

export function expectationOf(snapshot: Snapshot, stream: string): Expectation {
  const { protocol, metadata, transactions } = snapshot;
  return { stream, sequence: transactions.get(stream)?.version, protocol, metadata };
}

/**
 * Refuses to commit on top of a version that others made, when it is more than data of other streams.
 *
 * @throws PipelineError `LOCKED`
 */
export function requireUnchanged(table: string, latest: Snapshot, expected: Expectation): void {
  const now = expectationOf(latest, expected.stream);
  if (now.sequence !== expected.sequence) {
    throw new PipelineError(
      'LOCKED',
      `${table}: another run of ${expected.stream} has committed batch ${now.sequence} in the meantime.`,
      {
        where: { file: table },
        hint: 'Let only one run of a resource write at a time; the next run goes on from there.',
      },
    );
  }
  if (shapeOf(now) !== shapeOf(expected)) {
    throw new PipelineError('LOCKED', `${table}: another writer has changed the columns or properties of the table.`, {
      where: { file: table },
      hint: 'Run again: the next run works with what the table is now.',
    });
  }
}

function shapeOf({ protocol, metadata }: Expectation): string {
  const { id, schemaString, partitionColumns, configuration } = metadata;
  return JSON.stringify([protocol, id, schemaString, partitionColumns, configuration]);
}
