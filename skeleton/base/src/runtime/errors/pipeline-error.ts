/** Exit codes of every command; deployments rely on them. Documented in docs/runbook.md. */
export const EXIT_CODES = {
  complete: 0,
  failed: 1,
  anomaly: 2,
  deadLetterBudget: 3,
  usage: 64,
  tryAgainLater: 75,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** Each kind of failure, with the exit code that a run ending in it gives. */
export const ERROR_CODES = {
  /** pipeline.yaml, an environment variable or a command line is wrong; nothing was moved. */
  CONFIGURATION: EXIT_CODES.usage,
  /** A host cannot be reached, a server is starting or overloaded; worth another try later. */
  UNAVAILABLE: EXIT_CODES.tryAgainLater,
  /** A source or sink did not answer within its deadline. */
  TIMEOUT: EXIT_CODES.tryAgainLater,
  /** Another transaction got in the way: a deadlock, a serialization failure. */
  CONFLICT: EXIT_CODES.tryAgainLater,
  /** A system takes no more calls for now. */
  RATE_LIMITED: EXIT_CODES.tryAgainLater,
  /** Another run holds the resource. */
  LOCKED: EXIT_CODES.tryAgainLater,
  /** Another run has taken the resource over from this one, which had stood still; nothing more is committed. */
  FENCED: EXIT_CODES.tryAgainLater,
  /** The process was asked to stop (SIGTERM, SIGINT); what was in hand is committed. */
  INTERRUPTED: EXIT_CODES.tryAgainLater,
  /** Wrong password, missing permission. */
  ACCESS_DENIED: EXIT_CODES.failed,
  /** The file, table or column that was named is not there. */
  NOT_FOUND: EXIT_CODES.failed,
  /** A file that is no file of its format at all (truncated Parquet, wrong delimiter). */
  UNREADABLE: EXIT_CODES.failed,
  /** Source and sink do not agree on the columns and `schemaEvolution` does not allow the change. */
  SCHEMA_DRIFT: EXIT_CODES.failed,
  /** Records of a batch that the sink or a check refuses. */
  REJECTED: EXIT_CODES.failed,
  /** No space left, or another failure of local storage. */
  STORAGE: EXIT_CODES.failed,
  /** Records read and records accounted for differ. */
  UNRECONCILED: EXIT_CODES.failed,
  /** More dead letters than `deadLetters` allows. */
  DEAD_LETTER_BUDGET: EXIT_CODES.deadLetterBudget,
  /** A fault in the code, of the team or of the runtime. */
  INTERNAL: EXIT_CODES.failed,
} as const satisfies Record<string, ExitCode>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Where a failure happened, as far as it is known. */
export interface ErrorLocation {
  readonly file?: string;
  readonly line?: number;
  /** Byte of the file. */
  readonly offset?: number;
  readonly column?: string;
  readonly resource?: string;
  readonly batch?: number;
  readonly row?: number;
}

export interface PipelineErrorOptions {
  readonly where?: ErrorLocation;
  /** What to do about it, one sentence in the imperative. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Milliseconds that the system asks to wait before another try. */
  readonly retryAfter?: number | undefined;
}

/** The one error of the runtime: a stable code, what happened, where, and what to do. */
export class PipelineError extends Error {
  override readonly name = 'PipelineError';
  readonly code: ErrorCode;
  readonly where: ErrorLocation;
  readonly hint: string | undefined;
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string, options: PipelineErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.where = options.where ?? {};
    this.hint = options.hint;
    this.retryAfter = options.retryAfter;
  }

  get exitCode(): ExitCode {
    return ERROR_CODES[this.code];
  }
}

export function asPipelineError(error: unknown): PipelineError {
  if (error instanceof PipelineError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new PipelineError('INTERNAL', message, { cause: error });
}
