import { describe, expect, it } from 'vitest';
import { regressions } from '../../bench/quick.ts';
import { result } from './samples.ts';

const limit = result({ role: 'limit', candidate: 'psql', rowsPerSecond: [90_000, 100_000], ratio: 1 });
const recorded = [limit, result({ ratio: 1 })];

describe('the short benchmark', () => {
  it('passes down to half of what is recorded, judged by the best repetitions', () => {
    expect(regressions(recorded, [limit, result({ rowsPerSecond: [10_000, 50_000] })])).toEqual([]);
  });

  it('fails below', () => {
    const slow = result({ rowsPerSecond: [10_000, 49_000] });
    expect(regressions(recorded, [limit, slow])).toEqual([
      'CSV → PostgreSQL, plain reaches 0.49 of the limit; 1 is recorded',
    ]);
  });

  it('fails when the contents differ or a run fails, however fast', () => {
    expect(
      regressions(recorded, [limit, result({ contents: 'different', differences: ['x is missing'] })]),
    ).toHaveLength(1);
    expect(regressions(recorded, [limit, result({ failure: 'ended with 1' })])).toHaveLength(1);
  });

  it('has nothing to say of what was never recorded', () => {
    expect(regressions([], [limit, result({ rowsPerSecond: [1] })])).toEqual([]);
  });
});
