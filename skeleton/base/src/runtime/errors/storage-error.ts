import { type ErrorCode, PipelineError } from './pipeline-error.ts';

interface Cause {
  readonly code: ErrorCode;
  readonly what: string;
  readonly hint: string;
}

const OUT_OF_SPACE: Cause = {
  code: 'STORAGE',
  what: 'the disk is full',
  hint: 'Free space or give the volume more, then run again: nothing that was committed is lost.',
};
const NO_PERMISSION: Cause = {
  code: 'ACCESS_DENIED',
  what: 'permission denied',
  hint: 'Let the user that runs the pipeline read and write there.',
};
const READ_ONLY: Cause = {
  code: 'ACCESS_DENIED',
  what: 'the file system is read-only',
  hint: 'Mount the volume writable, or choose another path.',
};

const CAUSES: Readonly<Record<string, Cause>> = {
  ENOSPC: OUT_OF_SPACE,
  EDQUOT: { ...OUT_OF_SPACE, what: 'the disk quota is used up' },
  EFBIG: { ...OUT_OF_SPACE, what: 'the file is larger than the system allows' },
  EACCES: NO_PERMISSION,
  EPERM: NO_PERMISSION,
  EROFS: READ_ONLY,
  ENOENT: { code: 'NOT_FOUND', what: 'there is no such file or folder', hint: 'Check the path.' },
  ENOTDIR: { code: 'NOT_FOUND', what: 'a part of the path is no folder', hint: 'Check the path.' },
  EISDIR: { code: 'UNREADABLE', what: 'it is a folder, not a file', hint: 'Check the path.' },
};

const OTHER: Cause = {
  code: 'STORAGE',
  what: 'the file system failed',
  hint: 'Look at the volume and its mount, then run again.',
};

/** The code that the operating system gave for a failure (`ENOSPC`), `undefined` when it is no such failure. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** A failure of the local file system as a PipelineError that names the file; anything else as it is. */
export function asStorageError(error: unknown, file: string): unknown {
  const code = systemErrorCode(error);
  if (code === undefined) return error;
  const cause = CAUSES[code] ?? OTHER;
  return new PipelineError(cause.code, `${file}: ${cause.what} (${code}).`, {
    where: { file },
    hint: cause.hint,
    cause: error,
  });
}
