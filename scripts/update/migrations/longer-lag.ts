import { isMap, isScalar, parseDocument } from 'yaml';
import type { Migration } from './migration.ts';

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const HOUR = 3600;

/**
 * `lag` was how long to wait for records that are committed late, and each record came later by as much: it was kept short.
 * It is how far back to look for them now. What is short finds fewer, and what is long costs next to nothing.
 */
export const longerLag: Migration = {
  version: '0.2.0',
  description: 'A lag in pipeline.yaml that is shorter than an hour becomes 1h: it delays nothing any more.',
  files: (files) => files.edit('pipeline.yaml', lengthen),
};

/** Replaces only the values themselves: comments, order and spaces stay as the team wrote them. */
function lengthen(text: string): string {
  const resources = parseDocument(text).get('resources');
  if (!isMap(resources)) return text;
  const short = resources.items.flatMap(({ value }) => {
    const lag = isMap(value) ? value.getIn(['incremental', 'lag'], true) : undefined;
    return isScalar(lag) && isShort(lag.value) && lag.range ? [lag.range] : [];
  });
  return short.reduceRight((changed, [start, end]) => `${changed.slice(0, start)}1h${changed.slice(end)}`, text);
}

function isShort(lag: unknown): boolean {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(String(lag)) ?? [];
  return count !== undefined && Number(count) * (SECONDS[unit] ?? 1) < HOUR;
}
