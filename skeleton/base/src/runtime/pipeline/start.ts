import type { WriteMode } from '../connectors/connector.ts';
import type { Checkpoint, Position } from './position.ts';

export interface StartOptions {
  readonly mode: 'full' | 'incremental';
  readonly writeMode: WriteMode;
  /** Forget the position and read everything again. */
  readonly fullRefresh: boolean;
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
 */
export function startFrom(checkpoint: Checkpoint | undefined, options: StartOptions): Start {
  const firstSequence = (checkpoint?.sequence ?? 0) + 1;
  if (checkpoint === undefined || options.fullRefresh) return { from: undefined, firstSequence };
  const resumes = options.mode === 'incremental' || (options.writeMode !== 'replace' && !checkpoint.complete);
  return { from: resumes ? checkpoint.position : undefined, firstSequence };
}
