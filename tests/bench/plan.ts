import type { DataSet } from './data-sets/data-set.ts';
import { documents } from './data-sets/documents.ts';
import { lineItems } from './data-sets/line-items.ts';
import { sparse } from './data-sets/sparse.ts';
import { wide } from './data-sets/wide.ts';
import type { Candidate, RouteName } from './move.ts';
import { SERVICE, type ServiceVariant } from './service.ts';

/** A data set at one size, and who moves it how often. */
export interface Session {
  readonly dataSet: DataSet;
  readonly rows: number;
  readonly routes?: readonly RouteName[];
  /** 0: not at all. The limit of a route always takes part. */
  readonly repetitions: (candidate: Candidate) => number;
  readonly limitRepetitions: number;
  /** Whether to see where its time goes. */
  readonly profiled?: (candidate: Candidate) => boolean;
  /** No more than one repetition. */
  readonly once?: boolean;
}

const BOTH: ServiceVariant = 'contract and transformer';
/** They need minutes for a million rows: once is enough to see how far they are. */
const SLOW = new Set(['dlt', 'Sling', 'ingestr']);

const isService = ({ name, variant }: Candidate, ...variants: readonly ServiceVariant[]): boolean =>
  name === SERVICE && variants.some((wanted) => wanted === variant);
/** The slowest of all: a million rows take it two minutes on each route. */
const isSlowest = ({ name, variant }: Candidate): boolean => name === 'dlt' && variant === 'default backend';
const plainTwice = (candidate: Candidate): number => (isService(candidate, 'plain') ? 2 : 0);

function repetitionsOfOneMillion(candidate: Candidate): number {
  if (isSlowest(candidate)) return 0;
  if (SLOW.has(candidate.name)) return 1;
  return candidate.name === 'polars' ? 2 : 3;
}

function repetitionsOfSixMillion(candidate: Candidate): number {
  if (isService(candidate, 'plain', BOTH, 'two shards')) return 2;
  return candidate.name === 'DuckDB' ? 1 : 0;
}

export const FULL: readonly Session[] = [
  {
    dataSet: lineItems,
    rows: 1_000_000,
    repetitions: repetitionsOfOneMillion,
    profiled: (candidate) => isService(candidate, 'plain', BOTH),
    limitRepetitions: 3,
  },
  {
    dataSet: lineItems,
    rows: 6_000_000,
    repetitions: repetitionsOfSixMillion,
    profiled: (candidate) => isService(candidate, 'plain'),
    limitRepetitions: 2,
  },
  { dataSet: wide, rows: 100_000, repetitions: plainTwice, limitRepetitions: 2 },
  { dataSet: documents, rows: 100_000, repetitions: plainTwice, limitRepetitions: 2 },
  { dataSet: sparse, rows: 1_000_000, repetitions: plainTwice, limitRepetitions: 2 },
  {
    dataSet: lineItems,
    rows: 100_000,
    repetitions: (candidate) => (isSlowest(candidate) ? 1 : plainTwice(candidate)),
    limitRepetitions: 2,
  },
];

/** For CI: two minutes. */
export const QUICK: readonly Session[] = [
  {
    dataSet: lineItems,
    rows: 1_000_000,
    routes: ['PostgreSQL → Parquet', 'CSV → PostgreSQL'],
    repetitions: (candidate) => (isService(candidate, 'plain', BOTH) ? 2 : 0),
    limitRepetitions: 2,
  },
];
