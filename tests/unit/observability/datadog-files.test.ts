import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { METRICS, SHARED_TAGS } from '../../../skeleton/base/src/runtime/observability/metrics-table.ts';
import { metricQueries } from './metric-queries.ts';

const base = join(import.meta.dirname, '../../../skeleton/base');
const dashboard = await readFile(join(base, 'deploy/datadog/dashboard.json.njk'), 'utf8');
// Groups and filters stand in plain text; the name of the service is all that is filled in.
const monitors = (await readFile(join(base, 'deploy/datadog/monitors.json.njk'), 'utf8')).replaceAll(
  '${{ values.name }}',
  'orders',
);
const documentation = await readFile(join(base, 'docs/observability.md.njk'), 'utf8');

const kinds = new Map(Object.entries(METRICS).map(([name, { kind }]) => [name, kind]));
const tagsOf = new Map(Object.entries(METRICS).map(([name, { tags }]) => [name, [...SHARED_TAGS, ...tags]]));

const queries = [...metricQueries(dashboard), ...metricQueries(monitors)];

test('every mention of a metric is understood as a query', () => {
  const mentions = (dashboard + monitors).match(/etl\.[a-z]/g) ?? [];
  expect(queries).toHaveLength(mentions.length);
  expect(metricQueries(monitors).length).toBeGreaterThanOrEqual(6);
});

test('dashboard and monitors use only metrics that exist, with tags that those have', () => {
  for (const { text, metric, tags } of queries) {
    expect(kinds.has(metric), text).toBe(true);
    for (const tag of tags) expect(tagsOf.get(metric), text).toContain(tag);
  }
});

test('every metric is on the dashboard', () => {
  const shown = new Set(metricQueries(dashboard).map(({ metric }) => metric));
  expect([...kinds.keys()].filter((name) => !shown.has(name))).toEqual([]);
});

test('each kind of metric is aggregated as that kind can be', () => {
  for (const { text, metric, aggregation, asCount } of queries) {
    const kind = kinds.get(metric);
    if (kind === 'count') expect({ aggregation, asCount }, text).toEqual({ aggregation: 'sum', asCount: true });
    if (kind === 'gauge') expect(aggregation, text).toBe('max');
    if (kind === 'distribution') expect(aggregation, text).toMatch(/^(p50|p95|p99|sum|avg)$/);
    if (kind !== 'count') expect(asCount, text).toBe(false);
  }
});

test('the documentation has the same table of metrics', () => {
  const rows = Object.entries(METRICS).map(
    ([name, { kind, unit, tags, description }]) =>
      `| \`etl.${name}\` | ${kind} | ${unit} | ${tags.map((tag) => `\`${tag}\` `).join('')}| ${description} |`,
  );
  const documented = documentation.split('\n').filter((line) => line.startsWith('| `etl.'));
  expect(documented).toEqual(rows);
});
