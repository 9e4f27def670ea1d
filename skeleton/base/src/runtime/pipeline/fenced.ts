import { PipelineError } from '../errors/pipeline-error.ts';
import type { Checkpoint } from './position.ts';

/**
 * A run that is asked to stop commits what it has in hand. One that another run has taken over commits nothing more.
 *
 * @throws PipelineError `FENCED` when that is why the signal was aborted
 */
export function throwIfFenced({ reason }: AbortSignal): void {
  if (reason instanceof PipelineError && reason.code === 'FENCED') throw reason;
}

/**
 * What a sink answers to a run that is no longer the writer of its stream.
 *
 * @param by the run that is, where that is known
 */
export function fencedAtSink(stream: string, by: string | undefined, cause?: unknown): PipelineError {
  const who = by === undefined ? 'Another run' : `Run ${by}`;
  return new PipelineError('FENCED', `${who} has taken over ${stream}; the sink takes nothing more from this one.`, {
    hint: 'Nothing is lost: the other run goes on from the last commit. This one stood still too long, or both were started at once.',
    cause,
  });
}

/** How far a stream had come when somebody asked; `undefined`: nobody has. */
export interface Asked {
  readonly sequence: number | undefined;
}

/**
 * Between the question how far a stream has come and the claim, another run may have moved it.
 *
 * @throws PipelineError `LOCKED`
 */
export function requireUnmoved(stream: string, asked: Asked | undefined, now: Checkpoint | undefined): void {
  if (asked === undefined || asked.sequence === now?.sequence) return;
  throw new PipelineError('LOCKED', `Another run has just loaded ${stream}.`, { hint: 'Run again.' });
}
