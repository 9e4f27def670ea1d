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
  const runs = seconds.map((each) => ({
    seconds: each,
    peakMebibytes: 100 * each,
    processorSeconds: each / 2,
    serverSeconds: each / 4,
  }));
  return { candidate: of, runs, ...more };
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
    processorSeconds: 3.14,
    serverSeconds: 1.5,
    ratio: 1.6,
    noise: 0.02,
    contents: 'same',
    differences: [],
    types: [],
    measured: '2026-01-31',
    ...more,
  };
}
