import { PipelineError } from '../errors/pipeline-error.ts';
import { asStorageError } from '../errors/storage-error.ts';

interface Cause {
  readonly what: string;
  readonly hint: string;
}

const DAMAGED: Cause = {
  what: 'the file is damaged, or is no SQLite database',
  hint: 'Move it away and run again: positions live in the sink, only the history of runs is lost.',
};

const FULL: Cause = { what: 'the disk is full', hint: 'Free space or give the volume more, then run again.' };

/** SQLITE_IOERR_SHMSIZE: there is no space for the memory that processes share beside the database. */
const NO_SHARED_MEMORY = 4874;

const BUSY = 5;

/** By SQLite's primary result code. */
const CAUSES: Readonly<Record<number, Cause>> = {
  [BUSY]: {
    what: 'another process holds it',
    hint: 'Try again; if it stays so, look for a hanging process of this pipeline.',
  },
  8: { what: 'it is read-only', hint: 'Mount the volume writable and let the user of this process write there.' },
  10: { what: 'the device reports an error', hint: 'Look at the volume and its mount, then run again.' },
  11: DAMAGED,
  13: FULL,
  14: { what: 'it cannot be opened', hint: 'Check that this process may create and write files in its folder.' },
  26: DAMAGED,
};

/** SQLite's primary result code, `undefined` when it is no failure of SQLite. */
function sqliteResultCode(error: unknown): number | undefined {
  const code = extendedResultCode(error);
  return code === undefined ? undefined : code & 0xff;
}

/** Whether another process holds the database. */
export function isBusy(error: unknown): boolean {
  return sqliteResultCode(error) === BUSY;
}

function extendedResultCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined;
}

/** A failure of SQLite or of the file system as a PipelineError that names the file; anything else as it is. */
export function asStateError(error: unknown, file: string): unknown {
  const code = sqliteResultCode(error);
  if (code === undefined) return asStorageError(error, file);
  const cause = extendedResultCode(error) === NO_SHARED_MEMORY ? FULL : CAUSES[code];
  const what = cause?.what ?? (error instanceof Error ? error.message : String(error));
  return new PipelineError('STORAGE', `${file}: ${what}.`, {
    where: { file },
    cause: error,
    ...(cause && { hint: cause.hint }),
  });
}
