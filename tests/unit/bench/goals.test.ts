import { describe, expect, it } from 'vitest';
import { type Goal, goalsOf, isMet } from '../../bench/goals.ts';
import { result } from './samples.ts';

function goal(goals: readonly Goal[], ...words: readonly string[]): Goal {
  const found = goals.filter(({ what }) => words.every((word) => what.includes(word)));
  if (found[0] === undefined || found.length > 1) throw new Error(`${found.length} goals have ${words}`);
  return found[0];
}

describe('goals', () => {
  const results = [
    result({ ratio: 2 }),
    result({
      variant: 'contract and transformer',
      ratio: 1.5,
      eventLoopMilliseconds: 70,
      eventLoopWorkMilliseconds: 40,
    }),
    result({ rows: 6_000_000, ratio: 1.4, peakMebibytes: 230 }),
    result({ dataSet: 'wide', rows: 100_000, peakMebibytes: 500 }),
    result({ dataSet: 'wide', rows: 100_000, variant: 'two shards', peakMebibytes: 900 }),
    result({ role: 'peer', candidate: 'dlt', variant: 'default', ratio: 0.04 }),
    result({ role: 'peer', candidate: 'dlt', variant: 'best', ratio: 0.2 }),
  ];
  const goals = goalsOf(results);

  it('compare the share of the limit at each size', () => {
    expect(isMet(goal(goals, 'CSV → PostgreSQL, 1 million'))).toBe(true);
    expect(isMet(goal(goals, 'CSV → PostgreSQL, 6 million'))).toBe(false);
    expect(isMet(goal(goals, 'Parquet → PostgreSQL, 1 million'))).toBeUndefined();
  });

  it('hold contract and transformer against the same route without them', () => {
    expect(goal(goals, 'CSV → PostgreSQL: with a contract').reached).toBe(0.75);
  });

  it('take the fastest way of a peer', () => {
    expect(goal(goals, 'CSV → PostgreSQL', 'multiple of dlt').reached).toBe(7.5);
    expect(isMet(goal(goals, 'CSV → PostgreSQL', 'multiple of dlt'))).toBe(false);
    expect(isMet(goal(goals, 'CSV → PostgreSQL', 'multiple of Sling'))).toBeUndefined();
  });

  it('hold two shards against one at each size', () => {
    const one = result({ route: 'NDJSON → Parquet', rows: 6_000_000, ratio: 0.5 });
    const two = { ...one, variant: 'two shards', ratio: 0.85 };
    expect(goal(goalsOf([one, two]), '6 million rows: two shards').reached).toBe(1.7);
    expect(isMet(goal(goals, '1 million rows: two shards'))).toBeUndefined();
  });

  it('look at the largest memory, and how it grows with the rows', () => {
    expect(goal(goals, 'Peak memory', 'wide').reached).toBe(500);
    expect(goal(goals, 'CSV → PostgreSQL', 'peak memory for 6 million').reached).toBeCloseTo(1.15);
  });

  it('look at the longest standstill of the event loop', () => {
    expect(isMet(goal(goals, 'event loop stood still'))).toBe(false);
    expect(isMet(goal(goals, 'turns of the event loop'))).toBe(true);
  });
});
