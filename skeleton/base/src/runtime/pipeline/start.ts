import type { WriteMode } from '../connectors/connector.ts';
import { PipelineError } from '../errors/pipeline-error.ts';
import type { Checkpoint, Position } from './position.ts';

export interface StartOptions {
  readonly resource: string;
  readonly mode: 'full' | 'incremental';
  readonly writeMode: WriteMode;
  /** Forget the position and read everything again. */
  readonly startOver: boolean;
}

export interface Start {
  readonly from: Position | undefined;
  readonly firstSequence: number;
}

/**
 * Where a run begins.
 *
 * An incremental run goes on where the sink stands. A full run starts over, unless the one before did not come to
 * its end: then it resumes, except into `replace`, whose half-filled staging area is thrown away.
 *
 * @throws PipelineError `CONFIGURATION` when starting over would write everything twice
 */
export function startFrom(checkpoint: Checkpoint | undefined, options: StartOptions): Start {
  const firstSequence = (checkpoint?.sequence ?? 0) + 1;
  if (checkpoint === undefined) return { from: undefined, firstSequence };
  if (options.startOver) {
    if (options.writeMode === 'append') throw wouldDouble(options.resource);
    return { from: undefined, firstSequence };
  }
  const resumes = options.mode === 'incremental' || (options.writeMode !== 'replace' && !checkpoint.complete);
  return { from: resumes ? checkpoint.position : undefined, firstSequence };
}

function wouldDouble(resource: string): PipelineError {
  return new PipelineError(
    'CONFIGURATION',
    `${resource} is appended: reading it from the start would write it twice.`,
    {
      where: { resource },
      hint: 'Empty the sink and its checkpoint first, or use mode: replace or merge.',
    },
  );
}
