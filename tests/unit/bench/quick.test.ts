import { describe, expect, it } from 'vitest';
import { NOT_DONE } from '../../bench/measure.ts';
import { regressions } from '../../bench/quick.ts';
import { result } from './samples.ts';

const limit = result({ role: 'limit', candidate: 'psql', rowsPerSecond: [60_000, 100_000], ratio: 1 });
const recorded = [limit, result({ ratio: 1 })];

describe('the short benchmark', () => {
  it('passes down to half of what is recorded, judged by the best round', () => {
    expect(regressions(recorded, [limit, result({ rowsPerSecond: [30_000, 10_000] })])).toEqual([]);
  });

  it('fails below', () => {
    const slow = result({ rowsPerSecond: [10_000, 49_000] });
    expect(regressions(recorded, [limit, slow])).toEqual([
      'CSV → PostgreSQL, plain reaches 0.49 of the limit; 1 is recorded',
    ]);
  });

  it('does not judge speed where the limit itself is twice as slow in one round as in another', () => {
    const busy = { ...limit, rowsPerSecond: [50_000, 100_000] };
    expect(regressions(recorded, [busy, result({ rowsPerSecond: [10_000, 10_000] })])).toEqual([]);
  });

  it('fails when the contents differ or a run fails, however fast', () => {
    const different = result({ contents: 'different', differences: ['x is missing'] });
    expect(regressions(recorded, [limit, different])).toHaveLength(1);
    expect(regressions(recorded, [limit, result({ failure: 'ended with 1' })])).toHaveLength(1);
  });

  it('has nothing to say of routes that do not exist, and of what was never recorded', () => {
    expect(regressions(recorded, [limit, result({ rowsPerSecond: [], failure: NOT_DONE })])).toEqual([]);
    expect(regressions([], [limit, result({ rowsPerSecond: [1] })])).toEqual([]);
  });
});
