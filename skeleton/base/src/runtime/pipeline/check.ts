/** One answer of preflight. */
export interface Check {
  /** What was looked at: `connect`, `read orders/*.csv`, `table public.orders`. */
  readonly name: string;
  readonly ok: boolean;
  /** What was found, or what is wrong and what to do. */
  readonly detail: string;
}
