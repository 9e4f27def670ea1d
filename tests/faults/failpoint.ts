/** Where a service kills or stops itself; see `failpoints.ts`. */
export interface Failpoint {
  /** Name of a step: `rename data/exports/orders/part-*.parquet`, `postgres: commit`, `batch loaded`. */
  readonly step: string;
  /** At the how many-th time, from 1. */
  readonly occurrence: number;
  /**
   * `during`: when the step was begun, and nobody knows what became of it. `stop`: before it, and the process is only
   * stopped (SIGSTOP), to go on when somebody sends SIGCONT.
   */
  readonly when: 'before' | 'during' | 'after' | 'stop';
}

export const FAILPOINT_VARIABLE = 'FAILPOINT';
/** File descriptor on which a service with failpoints tells each step, a line each. */
export const STEP_DESCRIPTOR = 3;
