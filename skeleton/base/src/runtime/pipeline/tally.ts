import { emptyCounts, type PipelineMetrics, type RunCounts, type StageDurations } from './metrics.ts';

/** Adds up what a run does while it goes on. */
export class Tally {
  counts: RunCounts = emptyCounts();
  #durations: StageDurations = { extract: 0, transform: 0, validate: 0, load: 0 };
  readonly #started = performance.now();

  add(counts: Partial<RunCounts>): void {
    const sum = { ...this.counts };
    for (const [name, value] of Object.entries(counts)) sum[name as keyof RunCounts] += value;
    this.counts = sum;
  }

  addDuration(stage: keyof StageDurations, milliseconds: number): void {
    this.#durations = { ...this.#durations, [stage]: this.#durations[stage] + milliseconds };
  }

  metrics(schemaChanges: readonly string[]): PipelineMetrics {
    const durations = { ...this.#durations, total: performance.now() - this.#started };
    return { counts: this.counts, durations, schemaChanges };
  }
}
