import { PipelineError } from '../errors/pipeline-error.ts';

/**
 * A run that is asked to stop commits what it has in hand. One that another run has taken over commits nothing more.
 *
 * @throws PipelineError `FENCED` when that is why the signal was aborted
 */
export function throwIfFenced({ reason }: AbortSignal): void {
  if (reason instanceof PipelineError && reason.code === 'FENCED') throw reason;
}
