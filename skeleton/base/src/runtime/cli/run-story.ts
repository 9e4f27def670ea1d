import { unaccounted } from '../pipeline/metrics.ts';
import { nameOfRun, type RunManifest } from '../state/run-manifest.ts';
import { formatCount, formatDuration, printable } from './output.ts';

/**
 * What became of the records of a run, for people:
 *
 *     orders  5,000 rows  312k rows/s  0.4 s
 *       4,961 written       data/lake/orders, Delta version 3
 *          39 dead letters  data/dead-letters/orders.ndjson   (npm run pipeline -- dlq list)
 *           0 unaccounted
 */
export function formatRun(manifest: RunManifest, deadLetterFile: string): string {
  const { counts, sink = '' } = manifest;
  if (counts.read === 0 && manifest.status === 'complete') {
    return [headline(manifest), `  ${sink}`, ...verified(manifest)].join('\n').trimEnd();
  }
  const lines: [number, string, string][] = [[counts.written, 'written', sink]];
  if (counts.deadLettered > 0) {
    lines.push([counts.deadLettered, 'dead letters', `${deadLetterFile}   (npm run pipeline -- dlq list)`]);
  }
  if (counts.filtered > 0) lines.push([counts.filtered, 'filtered', 'dropped by a transformer']);
  if (counts.expanded > 0) lines.push([counts.expanded, 'expanded', 'added by a transformer']);
  if (counts.merged > 0) lines.push([counts.merged, 'merged', 'into another record']);
  if (counts.warnings > 0) lines.push([counts.warnings, 'warnings', 'written all the same']);
  lines.push(rest(manifest));
  const width = Math.max(...lines.map(([count]) => formatCount(count).length));
  const story = lines.map(([count, what, where]) =>
    `  ${formatCount(count).padStart(width)} ${what.padEnd(12)}  ${printable(where)}`.trimEnd(),
  );
  const changes = manifest.schemaChanges.map((change) => `  column ${printable(change)}`);
  return [headline(manifest), ...story, ...changes, ...verified(manifest)].join('\n');
}

function verified({ verification }: RunManifest): string[] {
  if (verification === undefined) return [];
  const { equal, records, milliseconds } = verification;
  const what = equal ? 'equal' : 'DIFFERENT';
  const counts = `${formatCount(records.source)} in the source, ${formatCount(records.sink)} in the sink`;
  return [`  verified: ${what}  ${counts}  ${formatDuration(milliseconds)}`];
}

/** What no other line tells: nothing, after a complete run. One that stopped had records in hand. */
function rest({ status, counts }: RunManifest): [number, string, string] {
  if (status === 'complete') return [unaccounted(counts), 'unaccounted', ''];
  return [unaccounted(counts), 'in hand', 'not committed; they come again with the next run'];
}

function headline(manifest: RunManifest): string {
  const { status, counts, startedAt, finishedAt } = manifest;
  const resource = nameOfRun(manifest);
  const elapsed = finishedAt === undefined ? 0 : Date.parse(finishedAt) - Date.parse(startedAt);
  const duration = formatDuration(elapsed);
  const rows = `${formatCount(counts.read)} rows`;
  if (status === 'complete' && counts.read === 0) return `${resource}  nothing new  ${duration}`;
  if (status !== 'complete') return `${resource}  ${status} after ${rows}  ${duration}`;
  return `${resource}  ${rows}  ${formatRate(counts.read, elapsed)} rows/s  ${duration}`;
}

/** `950`, `312k`, `1.2M` records a second. */
function formatRate(rows: number, milliseconds: number): string {
  const rate = (1000 * rows) / Math.max(milliseconds, 1);
  if (rate < 1000) return rate.toFixed(0);
  return rate < 1_000_000 ? `${(rate / 1000).toFixed(0)}k` : `${(rate / 1_000_000).toFixed(1)}M`;
}
