import { describe, expect, it } from 'vitest';
import { NOT_DONE } from '../../bench/measure.ts';
import { keyOf, median, merge, reportSchema, resultsOf } from '../../bench/results.ts';
import { candidate, measurement, result } from './samples.ts';

const series = { route: 'CSV → PostgreSQL', dataSet: 'line items', rows: 1000, measured: '2026-01-31' } as const;

describe('results', () => {
  const limit = measurement(candidate('psql', 'copy'), [2, 1, 1.5]);
  const control = measurement(candidate('psql', 'copy'), [1.2, 1.8, 1.2]);
  const service = measurement(candidate('generated service', 'plain'), [1, 0.5, 0.75], {
    eventLoops: [
      { longest: 12.4, work: 9 },
      { longest: 90, work: 11 },
      { longest: 3, work: 3.4 },
    ],
  });
  const peer = measurement(candidate('dlt', 'best'), [], { failure: NOT_DONE });
  const roles = new Map([
    [limit, 'limit'],
    [control, 'control'],
    [service, 'service'],
    [peer, 'peer'],
  ] as const);
  const results = resultsOf(series, [limit, control, service, peer], (each) => roles.get(each) ?? 'peer');

  it('hold each candidate against the limit of the same run, by medians', () => {
    expect(results.map(({ ratio }) => ratio)).toEqual([1, 1.25, 2, undefined]);
    expect(results[2]?.rowsPerSecond).toEqual([1000, 2000, 1333]);
  });

  it('say with each figure how far two sets of runs of the limit are apart', () => {
    expect(results.map(({ noise }) => noise)).toEqual([0.2, 0.2, 0.2, 0.2]);
  });

  it('take the largest peak of memory, and the event loop in whole milliseconds', () => {
    expect(results[2]).toMatchObject({
      peakMebibytes: 100,
      processorSeconds: 0.375,
      serverSeconds: 0.188,
      eventLoopMilliseconds: 12,
      eventLoopWorkMilliseconds: 9,
    });
  });

  it('keep why a candidate has no figures', () => {
    expect(results[3]).toMatchObject({ rowsPerSecond: [], failure: NOT_DONE });
    expect(results[3]?.peakMebibytes).toBeUndefined();
  });

  it('keep nothing of this machine in it', () => {
    const failure =
      'python ended with 1:\nTraceback\nIO Error in /home/somebody/a-b/c.parquet at postgres://u:secret@host/db\n';
    const [failed] = resultsOf(series, [measurement(candidate('a', 'b'), [], { failure })], () => 'peer');
    expect(failed?.failure).toBe('IO Error in c.parquet at <url>');
  });

  it('can be read back from JSON', () => {
    const report = { machine: 'm', cores: 2, node: '24', postgres: '15', results };
    expect(reportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(JSON.parse(JSON.stringify(report)));
  });

  it('say whether the contents were the same, different, or never written', () => {
    const nowhere = measurement(candidate('psql', 'to nowhere', { writesNothing: true }), [1]);
    const same = measurement(candidate('a', 'b'), [1], {
      comparison: { differences: [], types: ['x: INTEGER → BIGINT'] },
    });
    const different = measurement(candidate('c', 'd'), [1], {
      comparison: { differences: ['x is missing'], types: [] },
    });
    expect(resultsOf(series, [nowhere, same, different], () => 'peer')).toMatchObject([
      { contents: 'nothing written' },
      { contents: 'same', types: ['x: INTEGER → BIGINT'] },
      { contents: 'different', differences: ['x is missing'] },
    ]);
  });
});

describe('merge', () => {
  it('replaces what was measured again and keeps the rest', () => {
    const known = [result({ rows: 1 }), result({ rows: 2 }), result({ rows: 1, role: 'limit' })];
    const fresh = result({ rows: 1, ratio: 9 });
    const merged = merge(known, [fresh]);
    expect(merged).toHaveLength(3);
    expect(merged.find((each) => keyOf(each) === keyOf(fresh))?.ratio).toBe(9);
  });
});

describe('median', () => {
  it.each([
    { values: [], expected: undefined },
    { values: [3], expected: 3 },
    { values: [3, 1], expected: 2 },
    { values: [9, 1, 2], expected: 2 },
  ])('of $values is $expected', ({ values, expected }) => {
    expect(median(values)).toBe(expected);
  });
});
