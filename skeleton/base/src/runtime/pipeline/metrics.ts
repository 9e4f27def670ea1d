/** What became of the records of a run. `read + expanded = written + deadLettered + filtered + merged`. */
export interface RunCounts {
  readonly read: number;
  readonly written: number;
  readonly deadLettered: number;
  /** Dropped by a transformer that filters. */
  readonly filtered: number;
  /** Added by a transformer that expands. */
  readonly expanded: number;
  /** Folded into another record by a transformer or by the sink's key. */
  readonly merged: number;
  /** Written although a validator warned. */
  readonly warnings: number;
  readonly batches: number;
  readonly bytesRead: number;
  readonly retries: number;
}

/** Milliseconds of work, summed over all batches; stages overlap, so they may add up to more than the run. */
export interface StageDurations {
  readonly extract: number;
  readonly transform: number;
  readonly validate: number;
  readonly load: number;
}

/** What `Pipeline.run()` gives. */
export interface PipelineMetrics {
  readonly counts: RunCounts;
  readonly durations: StageDurations & { readonly total: number };
  /** Columns that the sink gained or that were left out, in words. */
  readonly schemaChanges: readonly string[];
}

export function emptyCounts(): RunCounts {
  return {
    read: 0,
    written: 0,
    deadLettered: 0,
    filtered: 0,
    expanded: 0,
    merged: 0,
    warnings: 0,
    batches: 0,
    bytesRead: 0,
    retries: 0,
  };
}

/** Records that nobody can account for: 0 in a run that lost none and doubled none. */
export function unaccounted(counts: RunCounts): number {
  return counts.read + counts.expanded - counts.written - counts.deadLettered - counts.filtered - counts.merged;
}
