import type { TimeByPart } from './profile.ts';

/** Where a route reads. `location`: schema.table, or the path of a file. */
export interface Source {
  readonly kind: 'table' | 'csv' | 'ndjson' | 'parquet';
  readonly location: string;
}

/** Where a route writes. `location`: schema.table, or a folder: of Parquet files, or of a Delta table. */
export interface Sink {
  readonly kind: 'table' | 'parquet' | 'delta';
  readonly location: string;
}

export const ROUTE_NAMES = [
  'PostgreSQL → Parquet',
  'CSV → PostgreSQL',
  'PostgreSQL → PostgreSQL',
  'Parquet → PostgreSQL',
  'NDJSON → Parquet',
  'PostgreSQL → Delta',
] as const;
export type RouteName = (typeof ROUTE_NAMES)[number];

export interface Route {
  readonly name: RouteName;
  readonly source: Source['kind'];
  readonly sink: Sink['kind'];
}

export const ROUTES: readonly Route[] = [
  { name: 'PostgreSQL → Parquet', source: 'table', sink: 'parquet' },
  { name: 'CSV → PostgreSQL', source: 'csv', sink: 'table' },
  { name: 'PostgreSQL → PostgreSQL', source: 'table', sink: 'table' },
  { name: 'Parquet → PostgreSQL', source: 'parquet', sink: 'table' },
  { name: 'NDJSON → Parquet', source: 'ndjson', sink: 'parquet' },
  { name: 'PostgreSQL → Delta', source: 'table', sink: 'delta' },
];

/** One run of one candidate: everything it writes to is empty. */
export interface Move {
  readonly route: Route;
  /** postgres://user:password@host:port/database, of source and sink. */
  readonly url: string;
  readonly source: Source;
  readonly sink: Sink;
  /** Of the candidate alone, for files of its own. */
  readonly folder: string;
  /** Creates the table of the sink with the columns of the source. */
  createTable(): Promise<void>;
  /** The file of the source in PostgreSQL's binary format. */
  binaryFile(): Promise<string>;
  /** A folder with the file of the source in two halves, for two processes. */
  halves(kind: 'ndjson'): Promise<string>;
}

export interface Command {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Profile {
  /** The same command, profiled: it takes longer. */
  command(command: Command): Command;
  /** Where the time of the last profiled run went. */
  read(): TimeByPart;
}

/** In milliseconds, the largest of all processes of a run. */
export interface EventLoop {
  /** Longest time that it did not turn. */
  readonly longest: number;
  /** Most processor time that its thread took between two turns. */
  readonly work: number;
}

/** Something that moves data. */
export interface Candidate {
  /** `DuckDB`, `generated service`. */
  readonly name: string;
  /** Which way of the candidate: `plain`, `best backend`. */
  readonly variant: string;
  readonly version: string;
  does(route: Route): boolean;
  /** Makes ready what is not to be timed. */
  prepare(move: Move): Promise<Command>;
  /** How its event loop did in the last run. */
  readonly eventLoop?: () => EventLoop;
  /** How to see where its time goes. */
  readonly profile?: Profile;
  /** It reads only, to see how fast that can be. */
  readonly writesNothing?: boolean;
  /** SQL of the columns that it changes on the way, by their names. */
  readonly changes?: Readonly<Record<string, string>>;
}
