import { NOT_DONE } from './measure.ts';
import type { Result } from './results.ts';

/** A short run fails only when the service is slower than this share of what was recorded. */
const TOLERATED = 0.5;

/**
 * What went wrong or is much slower than recorded, in words. Each run is held against the limit of the same round. Where
 * the runs of the limit itself are as far apart as what is looked for, the machine is too busy to judge speed.
 */
export function regressions(recorded: readonly Result[], fresh: readonly Result[]): string[] {
  return fresh
    .filter(({ role, failure }) => role === 'service' && failure !== NOT_DONE)
    .flatMap((result) => {
      const { route, variant, failure, contents, differences } = result;
      const name = `${route}, ${variant}`;
      if (failure !== undefined) return [`${name} failed: ${failure}`];
      if (contents === 'different') return [`${name} wrote something else: ${differences.join(', ')}`];
      const before = recorded.find(
        (other) => sameRun(other, result) && other.role === 'service' && other.variant === variant,
      );
      const limits = fresh.filter(
        (other) => sameRun(other, result) && (other.role === 'limit' || other.role === 'control'),
      );
      const ratio = bestRatio(result, limits);
      if (before?.ratio === undefined || ratio >= TOLERATED * before.ratio || isTooBusy(limits)) return [];
      return [`${name} reaches ${ratio.toFixed(2)} of the limit; ${before.ratio} is recorded`];
    });
}

function sameRun(left: Result, right: Result): boolean {
  return left.route === right.route && left.dataSet === right.dataSet && left.rows === right.rows;
}

function bestRatio({ rowsPerSecond }: Result, limits: readonly Result[]): number {
  const ratios = rowsPerSecond.map(
    (own, round) => own / Math.max(...limits.map((limit) => limit.rowsPerSecond[round] ?? 0)),
  );
  return Math.max(...ratios);
}

function isTooBusy(limits: readonly Result[]): boolean {
  const all = limits.flatMap(({ rowsPerSecond }) => rowsPerSecond);
  return Math.min(...all) <= TOLERATED * Math.max(...all);
}
