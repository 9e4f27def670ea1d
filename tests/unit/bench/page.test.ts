import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { NOT_DONE } from '../../bench/measure.ts';
import { toChart } from '../../bench/report/chart.ts';
import { toMarkdown } from '../../bench/report/page.ts';
import { reportSchema } from '../../bench/results.ts';
import { result } from './samples.ts';

const results = [
  result({ role: 'limit', candidate: 'psql', variant: '\\copy of the CSV file', ratio: 1 }),
  result({ eventLoopMilliseconds: 33, eventLoopWorkMilliseconds: 21 }),
  result({ variant: 'contract', timeByPart: { waiting: 1, columns: 3 } }),
  result({ role: 'peer', candidate: 'Sling', types: ['a: DATE → VARCHAR'], ratio: 0.1 }),
  result({ role: 'peer', candidate: 'dlt', contents: 'different', differences: ['a has other values'] }),
  result({ role: 'peer', candidate: 'ingestr', rowsPerSecond: [], failure: NOT_DONE }),
  result({ role: 'peer', candidate: 'polars', variant: 'adbc' }),
  result({ role: 'peer', candidate: 'polars', variant: 'connectorx', rowsPerSecond: [], failure: NOT_DONE }),
  result({ role: 'peer', candidate: 'DuckDB', rowsPerSecond: [], failure: 'python ended with 1' }),
];
const lineOf = (start: string): string => page.split('\n').find((line) => line.startsWith(`| ${start}`)) ?? '';
const page = toMarkdown({ machine: 'a machine', cores: 2, node: '24', postgres: '15', results });

describe('the page', () => {
  it('shows medians, shares, processor time, memory and event loop', () => {
    expect(lineOf('generated service')).toBe(
      '| generated service, plain | 200 k | 1.60 | 3.1 s | 1.5 s | 200 MiB | 33 ms, 21 of work | same | 1.2.3 |',
    );
  });

  it('holds the work of service and server against the time that they took', () => {
    expect(lineOf('CSV → PostgreSQL, 1,000,000')).toBe(
      '| CSV → PostgreSQL, 1,000,000 line items, contract | 5.0 s | 75 % | 3.1 + 1.5 s | 2.3 s | 1.60 | 3.45 |',
    );
  });

  it('says what came out different, and where only types did', () => {
    expect(lineOf('Sling')).toContain('same, changed types: 1');
    expect(lineOf('dlt')).toContain('**different**: a has other values');
  });

  it('names a peer that does not do a route, once, and one that failed', () => {
    expect(lineOf('ingestr')).toContain(NOT_DONE);
    expect(lineOf('DuckDB')).toContain('failed');
    expect(lineOf('polars, connectorx')).toBe('');
  });
});

it('docs/reference/benchmarks.md is what its record gives', () => {
  const read = (name: string) => readFileSync(new URL(`../../../docs/reference/${name}`, import.meta.url), 'utf8');
  expect(read('benchmarks.md')).toBe(toMarkdown(reportSchema.parse(JSON.parse(read('benchmarks.json')))));
});

describe('the chart', () => {
  it('has a bar with its figure for each candidate that was measured', () => {
    const svg = toChart([...results, result({ rows: 5, rowsPerSecond: [7000] })]);
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(svg.match(/200 k\/s/g)).toHaveLength(6);
    expect(svg).toContain('CSV → PostgreSQL');
  });
});
