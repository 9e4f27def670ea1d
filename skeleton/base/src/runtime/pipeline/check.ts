import { asPipelineError, type ErrorCode } from '../errors/pipeline-error.ts';

/** One answer of preflight. */
export interface Check {
  /** What was looked at: `connect`, `read orders/*.csv`, `table public.orders`. */
  readonly name: string;
  readonly ok: boolean;
  /** What was found, or what is wrong and what to do. */
  readonly detail: string;
  /** What a run would fail with. */
  readonly code?: ErrorCode;
}

/** The answer where looking at something failed. */
export function failedCheck(name: string, error: unknown): Check {
  const { message, hint, code } = asPipelineError(error);
  return { name, ok: false, detail: hint === undefined ? message : `${message} ${hint}`, code };
}
