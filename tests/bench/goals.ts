import { ROUTE_NAMES, type RouteName } from './move.ts';
import type { Result } from './results.ts';
import { SERVICE, type ServiceVariant } from './service.ts';

export interface Goal {
  readonly what: string;
  readonly unit: '×' | 'MiB' | 'ms';
  readonly least?: number;
  readonly most?: number;
  /** undefined: not measured. */
  readonly reached: number | undefined;
}

const LINE_ITEMS = 'line items';
const MILLIONS = [1, 6];
const BOTH: ServiceVariant = 'contract and transformer';
const TWO_PROCESSES: ServiceVariant = 'two shards';
const POLARS: ServiceVariant = 'polars';

/** Least throughput of the service as a share of the limit's. */
const RATIOS: Readonly<Partial<Record<RouteName, number>>> = {
  'PostgreSQL → Parquet': 0.95,
  'CSV → PostgreSQL': 1.5,
  'PostgreSQL → PostgreSQL': 0.95,
  'Parquet → PostgreSQL': 0.85,
  'NDJSON → Parquet': 1.2,
};
/** Least throughput with a contract and a transformer, as a share of the same route without them. */
const WITH_BOTH = 0.7;
/** The same as a multiple of these peers, on routes into PostgreSQL. */
const PEERS = ['dlt', 'Sling', 'ingestr'];
const TIMES_PEERS = 10;
/** Least throughput of two processes, as a multiple of one, where no server has a part in it. */
const TWO_SHARDS = 1.6;
/** Most memory in MiB, by data set. */
const LINE_ITEMS_MEMORY = 256;
const MEMORY: Readonly<Record<string, number>> = {
  [LINE_ITEMS]: LINE_ITEMS_MEMORY,
  sparse: 256,
  wide: 512,
  documents: 512,
};
/** Most memory for 6 million rows, as a multiple of that for 1 million. */
const MEMORY_GROWTH = 1.1;
const EVENT_LOOP_MILLISECONDS = 50;

/** What the project wants to reach, with what was measured. */
export function goalsOf(results: readonly Result[]): Goal[] {
  const services = results.filter(({ role }) => role === 'service');
  return [
    ...ROUTE_NAMES.flatMap((route) => ratioGoals(services, route)),
    ...ROUTE_NAMES.map((route) => withBothGoal(services, route)),
    ...ROUTE_NAMES.filter((route) => route.endsWith('→ PostgreSQL')).flatMap((route) => peerGoals(results, route)),
    ...MILLIONS.map((millions) => shardsGoal(services, 'NDJSON → Parquet', millions)),
    ...Object.entries(MEMORY).map(([dataSet, most]) => memoryGoal(services, dataSet, most)),
    polarsMemoryGoal(services),
    ...ROUTE_NAMES.map((route) => growthGoal(services, route)),
    {
      what: 'Longest time that the event loop stood still in a run, the largest of all routes',
      unit: 'ms',
      most: EVENT_LOOP_MILLISECONDS,
      reached: largest(services.map(({ eventLoopMilliseconds }) => eventLoopMilliseconds)),
    },
    {
      what: 'Most processor time between two turns of the event loop, the largest of all routes',
      unit: 'ms',
      most: EVENT_LOOP_MILLISECONDS,
      reached: largest(services.map(({ eventLoopWorkMilliseconds }) => eventLoopWorkMilliseconds)),
    },
  ];
}

/** @returns undefined where nothing was measured */
export function isMet({ least, most, reached }: Goal): boolean | undefined {
  if (reached === undefined) return undefined;
  return reached >= (least ?? reached) && reached <= (most ?? reached);
}

function ratioGoals(services: readonly Result[], route: RouteName): Goal[] {
  const least = RATIOS[route];
  if (least === undefined) return [];
  return MILLIONS.map((millions) => ({
    what: `${route}, ${millions} million rows: throughput as a share of the limit's`,
    unit: '×',
    least,
    reached: find(services, route, millions, 'plain')?.ratio,
  }));
}

function withBothGoal(services: readonly Result[], route: RouteName): Goal {
  return {
    what: `${route}: with a contract of 16 fields and a row transformer, as a share of without`,
    unit: '×',
    least: WITH_BOTH,
    reached: share(find(services, route, 1, BOTH)?.ratio, find(services, route, 1, 'plain')?.ratio),
  };
}

function peerGoals(results: readonly Result[], route: RouteName): Goal[] {
  return multiplesOfPeers(results, route).map(({ peer, service }) => ({
    what: `${route}: with both, as a multiple of ${peer}`,
    unit: '×',
    least: TIMES_PEERS,
    reached: service,
  }));
}

export interface MultipleOfPeer {
  readonly peer: string;
  /** Throughput with a contract and a transformer, as a multiple of the peer's best; undefined: not measured. */
  readonly service: number | undefined;
  /** The same of the limit: more is not possible. */
  readonly limit: number | undefined;
}

/**
 * How many times as fast as the slow peers a million line items are moved. As all comparisons here it goes by the shares
 * of the limit's throughput in the same run, so that a candidate can be measured anew by itself.
 */
export function multiplesOfPeers(results: readonly Result[], route: RouteName): MultipleOfPeer[] {
  const million = results.filter(isOf(route, 1));
  const service = find(results, route, 1, BOTH)?.ratio;
  return PEERS.map((peer) => {
    const best = largest(million.filter(({ candidate }) => candidate === peer).map(({ ratio }) => ratio));
    return { peer, service: share(service, best), limit: share(1, best) };
  });
}

function shardsGoal(services: readonly Result[], route: RouteName, millions: number): Goal {
  const of = (variant: ServiceVariant) => find(services, route, millions, variant)?.ratio;
  return {
    what: `${route}, ${millions} million rows: two shards, as a multiple of one`,
    unit: '×',
    least: TWO_SHARDS,
    reached: share(of(TWO_PROCESSES), of('plain')),
  };
}

function memoryGoal(services: readonly Result[], dataSet: string, most: number): Goal {
  const rows = services.filter(({ variant }) => variant !== TWO_PROCESSES && variant !== POLARS);
  return {
    what: `Peak memory of one process, ${dataSet}, the largest of all routes`,
    unit: 'MiB',
    most,
    reached: largestPeak(rows.filter((result) => result.dataSet === dataSet)),
  };
}

function polarsMemoryGoal(services: readonly Result[]): Goal {
  return {
    what: `The same with polars, ${LINE_ITEMS}`,
    unit: 'MiB',
    most: LINE_ITEMS_MEMORY,
    reached: largestPeak(services.filter(({ variant, dataSet }) => variant === POLARS && dataSet === LINE_ITEMS)),
  };
}

function largestPeak(results: readonly Result[]): number | undefined {
  return largest(results.map(({ peakMebibytes }) => peakMebibytes));
}

function growthGoal(services: readonly Result[], route: RouteName): Goal {
  const [small, large] = MILLIONS.map((millions) => find(services, route, millions, 'plain')?.peakMebibytes);
  return {
    what: `${route}: peak memory for 6 million rows, as a multiple of that for 1 million`,
    unit: '×',
    most: MEMORY_GROWTH,
    reached: share(large, small),
  };
}

function find(
  results: readonly Result[],
  route: RouteName,
  millions: number,
  variant: ServiceVariant,
): Result | undefined {
  return results
    .filter(isOf(route, millions))
    .find((result) => result.candidate === SERVICE && result.variant === variant);
}

function isOf(route: RouteName, millions: number): (result: Result) => boolean {
  return (result) => result.route === route && result.dataSet === LINE_ITEMS && result.rows === millions * 1_000_000;
}

function share(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || whole === undefined ? undefined : part / whole;
}

function largest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
