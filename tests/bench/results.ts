import { z } from 'zod';
import type { Measurement } from './measure.ts';
import { ROUTE_NAMES, type RouteName } from './move.ts';
import type { TimeByPart } from './profile.ts';

export const ROLES = ['limit', 'control', 'service', 'peer'] as const;

/** One candidate on one route with one data set: what `docs/reference/benchmarks.json` is made of. */
const resultSchema = z.object({
  route: z.enum(ROUTE_NAMES),
  /** `limit`: what others are held against; `control`: the same once more, which shows the noise. */
  role: z.enum(ROLES),
  candidate: z.string(),
  variant: z.string(),
  version: z.string(),
  dataSet: z.string(),
  rows: z.int(),
  /** Of each repetition, in their order. Empty: see `failure`. */
  rowsPerSecond: z.array(z.number()),
  /** Largest of all repetitions, over all processes of the candidate. */
  peakMebibytes: z.number().optional(),
  /** Processor time of the candidate and of the PostgreSQL server, in seconds; medians. */
  processorSeconds: z.number().optional(),
  serverSeconds: z.number().optional(),
  /** Median throughput as a share of the limit's in the same run. */
  ratio: z.number().optional(),
  /** Difference between limit and control, as a share of the limit. */
  noise: z.number(),
  contents: z.enum(['same', 'different', 'nothing written']).optional(),
  /** What is different, in words. */
  differences: z.array(z.string()),
  /** Columns with another type, all values being equal. */
  types: z.array(z.string()),
  /** Longest time of a run that the event loop did not turn; the median of the repetitions. */
  eventLoopMilliseconds: z.number().optional(),
  /** Most processor time that the main thread took between two turns of it; the median of the repetitions. */
  eventLoopWorkMilliseconds: z.number().optional(),
  /** Seconds of the main thread in each part, of one profiled run. */
  timeByPart: z.record(z.string(), z.number()).optional(),
  /** Why there are no figures. */
  failure: z.string().optional(),
  /** Day of the measurement, YYYY-MM-DD. */
  measured: z.string(),
});
export type Result = z.output<typeof resultSchema>;

export const reportSchema = z.object({
  machine: z.string(),
  cores: z.int(),
  node: z.string(),
  postgres: z.string(),
  results: z.array(resultSchema),
});
export type Report = z.output<typeof reportSchema>;

export interface Series {
  readonly route: RouteName;
  readonly dataSet: string;
  readonly rows: number;
  readonly measured: string;
}

export type RoleOf = (measurement: Measurement) => Result['role'];

/** What was measured on one route with one data set, with each ratio to the limit in the same run. */
export function resultsOf(series: Series, measurements: readonly Measurement[], roleOf: RoleOf): Result[] {
  const secondsOf = (role: Result['role']) =>
    measurements
      .filter((each) => roleOf(each) === role)
      .flatMap(({ runs }) => median(runs.map((run) => run.seconds)) ?? []);
  const [limit] = secondsOf('limit');
  const [control] = secondsOf('control');
  const noise = limit === undefined || control === undefined ? 0 : Math.abs(control - limit) / limit;
  return measurements.map((measurement) => {
    const { candidate, runs, comparison, eventLoops, timeByPart, failure } = measurement;
    const seconds = median(runs.map((run) => run.seconds));
    return {
      ...series,
      role: roleOf(measurement),
      candidate: candidate.name,
      variant: candidate.variant,
      version: candidate.version,
      rowsPerSecond: runs.map((run) => Math.round(series.rows / run.seconds)),
      ...(runs.length > 0 && { peakMebibytes: Math.max(...runs.map((run) => run.peakMebibytes)) }),
      ...(runs.length > 0 && {
        processorSeconds: rounded(median(runs.map((run) => run.processorSeconds)) ?? 0),
        serverSeconds: rounded(median(runs.map((run) => run.serverSeconds)) ?? 0),
      }),
      ...(limit !== undefined && seconds !== undefined && { ratio: rounded(limit / seconds) }),
      noise: rounded(noise),
      contents: contentsOf(measurement),
      differences: [...(comparison?.differences ?? [])],
      types: [...(comparison?.types ?? [])],
      ...(eventLoops !== undefined && {
        eventLoopMilliseconds: Math.round(median(eventLoops.map(({ longest }) => longest)) ?? 0),
        eventLoopWorkMilliseconds: Math.round(median(eventLoops.map(({ work }) => work)) ?? 0),
      }),
      ...(timeByPart !== undefined && { timeByPart: shortened(timeByPart) }),
      ...(failure !== undefined && { failure: publishable(failure) }),
    };
  });
}

/** @returns `known` with `fresh` in the place of what was measured before */
export function merge(known: readonly Result[], fresh: readonly Result[]): Result[] {
  const replaced = new Set(fresh.map(keyOf));
  return [...known.filter((result) => !replaced.has(keyOf(result))), ...fresh];
}

/** Of one route: a group for each data set at each size, the one with the most candidates first. */
export function groupByDataSet(results: readonly Result[]): Result[][] {
  const groups = Map.groupBy(results, ({ dataSet, rows }) => `${dataSet} ${rows}`);
  const sorted = [...groups.values()].toSorted((left, right) => right.length - left.length);
  return sorted.map((group) => group.toSorted((left, right) => ROLES.indexOf(left.role) - ROLES.indexOf(right.role)));
}

export function keyOf({ route, role, candidate, variant, dataSet, rows }: Result): string {
  return JSON.stringify([route, role, candidate, variant, dataSet, rows]);
}

export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((left, right) => left - right);
  const [lower, upper] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return lower === undefined || upper === undefined ? undefined : (lower + upper) / 2;
}

function contentsOf({ candidate, comparison }: Measurement): Result['contents'] {
  if (candidate.writesNothing === true) return 'nothing written';
  if (comparison === undefined) return undefined;
  return comparison.differences.length === 0 ? 'same' : 'different';
}

/** The last line, without addresses and folders of this machine. */
function publishable(failure: string): string {
  const last = failure.trim().split('\n').at(-1) ?? '';
  return last
    .replaceAll(/\w+:\/\/\S+/g, '<url>')
    .replaceAll(/(?:\/[\w.-]+)+\//g, '')
    .slice(0, 200);
}

/** Parts of a hundredth of a second and more. */
function shortened(times: TimeByPart): TimeByPart {
  const known = Object.entries(times).map(([part, time]) => [part, Number(time.toFixed(2))] as const);
  return Object.fromEntries(known.filter(([, time]) => time > 0));
}

function rounded(value: number): number {
  return Number(value.toFixed(3));
}
