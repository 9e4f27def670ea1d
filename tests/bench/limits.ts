import { execFileSync } from 'node:child_process';
import type { Candidate, Move, Route, RouteName } from './move.ts';

interface Limit {
  /** How the report names it. */
  readonly variant: string;
  readonly writesNothing?: boolean;
  script(move: Move): Promise<string>;
}

const TO_NOWHERE: Limit = {
  variant: 'binary COPY to nowhere',
  writesNothing: true,
  script: async ({ source }) => copyOut(source.location),
};

/** What PostgreSQL's own client does on a route, with as little work as there is. */
const LIMITS: Readonly<Partial<Record<RouteName, Limit>>> = {
  'PostgreSQL → Parquet': TO_NOWHERE,
  'PostgreSQL → Delta': TO_NOWHERE,
  'PostgreSQL → PostgreSQL': {
    variant: 'binary COPY, psql to psql',
    script: async ({ source, sink }) =>
      `${copyOut(source.location)} | ${psql(`COPY ${sink.location} FROM STDIN (FORMAT binary)`)}`,
  },
  'CSV → PostgreSQL': {
    variant: '\\copy of the CSV file',
    script: async ({ source, sink }) => psql(`\\copy ${sink.location} FROM '${source.location}' CSV HEADER`),
  },
  'Parquet → PostgreSQL': {
    variant: '\\copy of a binary file',
    script: async ({ sink, binaryFile }) =>
      psql(`\\copy ${sink.location} FROM '${await binaryFile()}' (FORMAT binary)`),
  },
};

/** @returns undefined for a route in which `psql` has no part */
export function psqlLimit(route: Route): Candidate | undefined {
  const limit = LIMITS[route.name];
  if (limit === undefined) return undefined;
  return {
    name: 'psql',
    variant: limit.variant,
    writesNothing: limit.writesNothing ?? false,
    version: execFileSync('psql', ['--version'], { encoding: 'utf8' }).replace(/^\D+([\d.]+)[\s\S]*$/, '$1'),
    does: (other) => other.name === route.name,
    async prepare(move) {
      if (move.sink.kind === 'table') await move.createTable();
      const script = await limit.script(move);
      return { program: 'bash', arguments: ['-o', 'pipefail', '-c', script], environment: { DATABASE_URL: move.url } };
    },
  };
}

function copyOut(table: string): string {
  return psql(`COPY ${table} TO STDOUT (FORMAT binary)`);
}

function psql(command: string): string {
  return `psql "$DATABASE_URL" -qc "${command}"`;
}
