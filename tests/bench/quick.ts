import type { Result } from './results.ts';

/** A short run on a busy machine fails only when the service is slower than this share of what was recorded. */
const TOLERATED = 0.5;

/** What is much slower than recorded, in words. The best repetitions are compared, which noise disturbs least. */
export function regressions(recorded: readonly Result[], fresh: readonly Result[]): string[] {
  return fresh
    .filter(({ role }) => role === 'service')
    .flatMap((result) => {
      const { route, variant, dataSet, rows, failure, contents, differences } = result;
      const name = `${route}, ${variant}`;
      if (failure !== undefined) return [`${name} failed: ${failure}`];
      if (contents === 'different') return [`${name} wrote something else: ${differences.join(', ')}`];
      const same = (other: Result) => other.route === route && other.dataSet === dataSet && other.rows === rows;
      const before = recorded.find((other) => same(other) && other.role === 'service' && other.variant === variant);
      const limit = fresh.filter((other) => same(other) && (other.role === 'limit' || other.role === 'control'));
      const ratio = best([result]) / best(limit);
      if (before?.ratio === undefined || ratio >= TOLERATED * before.ratio) return [];
      return [`${name} reaches ${ratio.toFixed(2)} of the limit; ${before.ratio} is recorded`];
    });
}

function best(results: readonly Result[]): number {
  return Math.max(...results.flatMap(({ rowsPerSecond }) => rowsPerSecond));
}
