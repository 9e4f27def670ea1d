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
  /** No more than one repetition. */
  readonly once?: boolean;
}

const BOTH: ServiceVariant = 'contract and transformer';
/** They need minutes for a million rows: once is enough to see how far they are. */
const SLOW = new Set(['dlt', 'Sling', 'ingestr']);

const plainOnly = ({ name, variant }: Candidate): number => (name === SERVICE && variant === 'plain' ? 2 : 0);
const bothServices = ({ name, variant }: Candidate): boolean =>
  name === SERVICE && (variant === 'plain' || variant === BOTH);

export const FULL: readonly Session[] = [
  { dataSet: lineItems, rows: 1_000_000, repetitions: ({ name }) => (SLOW.has(name) ? 1 : 3), limitRepetitions: 3 },
  {
    dataSet: lineItems,
    rows: 6_000_000,
    repetitions: (candidate) => (bothServices(candidate) || candidate.name === 'DuckDB' ? 2 : 0),
    limitRepetitions: 2,
  },
  { dataSet: wide, rows: 100_000, repetitions: plainOnly, limitRepetitions: 2 },
  { dataSet: documents, rows: 100_000, repetitions: plainOnly, limitRepetitions: 2 },
  { dataSet: sparse, rows: 1_000_000, repetitions: plainOnly, limitRepetitions: 2 },
];

/** For CI: two minutes. */
export const QUICK: readonly Session[] = [
  {
    dataSet: lineItems,
    rows: 1_000_000,
    routes: ['PostgreSQL → Parquet', 'CSV → PostgreSQL'],
    repetitions: (candidate) => (bothServices(candidate) ? 3 : 0),
    limitRepetitions: 3,
  },
];
