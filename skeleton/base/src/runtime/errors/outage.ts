import { PipelineError } from './pipeline-error.ts';
import { asStorageError, systemErrorCode } from './storage-error.ts';

const NETWORK = /^(ECONN|EHOST|ENET|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_AGAIN|UND_ERR_)/;
/** What says something of the machine, and nothing of the record in hand. */
const MACHINE = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EMFILE', 'ENFILE', 'ENOMEM', 'ESTALE', 'EBUSY']);

/**
 * A failure of the network, of the disk or of the memory, as the PipelineError that it is; `undefined` when it is none.
 * An outage is not a bad record: whoever looks for the record that caused a failure asks here first.
 */
export function asOutage(error: unknown): PipelineError | undefined {
  for (const cause of causesOf(error)) {
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
    if (NETWORK.test(code)) {
      return new PipelineError('UNAVAILABLE', `${cause.message} (${code})`, {
        hint: 'A system that the code of the resource needs cannot be reached; run again later.',
        cause: error,
      });
    }
    if (!MACHINE.has(code)) continue;
    const path = 'path' in cause && typeof cause.path === 'string' ? cause.path : 'the file system';
    const failure = systemErrorCode(cause) === undefined ? cause : asStorageError(cause, path);
    if (failure instanceof PipelineError) return failure;
    return new PipelineError('STORAGE', `${cause.message} (${code})`, { cause: error });
  }
  return undefined;
}

/** The error, what caused it, and what it gathers, as `fetch` and `net` wrap what happened to them. */
function* causesOf(error: unknown): Generator<Error> {
  if (!(error instanceof Error)) return;
  yield error;
  if (error instanceof AggregateError) for (const part of error.errors) yield* causesOf(part);
  if (error.cause !== error) yield* causesOf(error.cause);
}
