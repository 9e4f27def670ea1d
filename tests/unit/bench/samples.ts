import type { Measurement } from '../../bench/measure.ts';
import type { Candidate } from '../../bench/move.ts';
import type { Result } from '../../bench/results.ts';

export function candidate(name: string, variant: string, more: Partial<Candidate> = {}): Candidate {
  return {
    name,
    variant,
    version: '1.2.3',
    does: () => true,
    prepare: async () => ({ program: 'true', arguments: [] }),
    ...more,
  };
}

export function measurement(of: Candidate, seconds: readonly number[], more: Partial<Measurement> = {}): Measurement {
  return { candidate: of, runs: seconds.map((each) => ({ seconds: each, peakMebibytes: 100 * each })), ...more };
}

export function result(more: Partial<Result> = {}): Result {
  return {
    route: 'CSV → PostgreSQL',
    role: 'service',
    candidate: 'generated service',
    variant: 'plain',
    version: '1.2.3',
    dataSet: 'line items',
    rows: 1_000_000,
    rowsPerSecond: [100_000, 300_000, 200_000],
    peakMebibytes: 200,
    ratio: 1.6,
    noise: 0.02,
    contents: 'same',
    differences: [],
    types: [],
    measured: '2026-01-31',
    ...more,
  };
}
