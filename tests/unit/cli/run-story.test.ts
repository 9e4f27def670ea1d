import { describe, expect, it } from 'vitest';
import { formatRun } from '../../../skeleton/base/src/runtime/cli/run-story.ts';
import { emptyCounts } from '../../../skeleton/base/src/runtime/pipeline/metrics.ts';
import type { RunManifest } from '../../../skeleton/base/src/runtime/state/run-manifest.ts';

const MANIFEST: RunManifest = {
  id: '01937f6e-0000-7000-8000-000000000000',
  pipeline: 'shop',
  resource: 'orders',
  status: 'complete',
  startedAt: '2026-01-02T03:04:05.000Z',
  finishedAt: '2026-01-02T03:04:05.400Z',
  counts: emptyCounts(),
  durations: {},
  sink: 'data/lake/orders, Delta version 3',
  schemaChanges: [],
  preflight: [],
  host: 'localhost',
  pid: 1,
};

function story(manifest: Partial<RunManifest>, counts: Partial<RunManifest['counts']>): string {
  return formatRun({ ...MANIFEST, ...manifest, counts: { ...MANIFEST.counts, ...counts } }, 'dead/orders.ndjson');
}

describe('the story of a run', () => {
  it('tells what became of every record', () => {
    expect(story({}, { read: 125_000, written: 124_961, deadLettered: 39 })).toBe(
      `orders  125,000 rows  313k rows/s  0.4 s
  124,961 written       data/lake/orders, Delta version 3
       39 dead letters  dead/orders.ndjson   (npm run pipeline -- dlq list)
        0 unaccounted`,
    );
  });

  it('tells what transformers and the sink did', () => {
    const counts = { read: 100, written: 70, filtered: 50, expanded: 30, merged: 10, warnings: 4 };
    expect(
      story({ finishedAt: '2026-01-02T03:06:10.400Z', schemaChanges: ['note string: added to the sink'] }, counts),
    ).toBe(`orders  100 rows  1 rows/s  2 min 5 s
  70 written       data/lake/orders, Delta version 3
  50 filtered      dropped by a transformer
  30 expanded      added by a transformer
  10 merged        into another record
   4 warnings      written all the same
   0 unaccounted
  column note string: added to the sink`);
  });

  it('says that nothing was new', () => {
    expect(story({}, {})).toBe('orders  nothing new  0.4 s\n  data/lake/orders, Delta version 3');
  });

  it('says what a run that stopped had in hand', () => {
    expect(story({ status: 'failed' }, { read: 2_000, written: 1_000 })).toBe(`orders  failed after 2,000 rows  0.4 s
  1,000 written       data/lake/orders, Delta version 3
  1,000 in hand       not committed; they come again with the next run`);
  });

  it('tells a difference that nobody can explain', () => {
    expect(story({}, { read: 3, written: 2 })).toContain('1 unaccounted');
  });

  it.each([
    [400, 1_000, '3k rows/s'],
    [1, 10, '10k rows/s'],
    [10_000, 25_000_000, '2.5M rows/s'],
    [10_000, 5_000, '500 rows/s'],
    [0, 5, '5k rows/s'],
  ])('in %i ms %i records are %s', (milliseconds, read, rate) => {
    const finishedAt = new Date(Date.parse(MANIFEST.startedAt) + milliseconds).toISOString();
    expect(story({ finishedAt }, { read, written: read })).toContain(`  ${rate}  `);
  });
});
