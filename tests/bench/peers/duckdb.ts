import { join } from 'node:path';
import type { Candidate } from '../move.ts';
import { besides, openEnvironment } from './peer.ts';

/** DuckDB with its extension for PostgreSQL. It cannot write Delta tables. */
export async function openDuckdb(): Promise<Candidate> {
  const environment = await openEnvironment('duckdb');
  return {
    name: 'DuckDB',
    variant: 'one SQL statement',
    version: environment.versionOf('duckdb'),
    does: ({ sink }) => sink !== 'delta',
    async prepare({ url, source, sink }) {
      const target = sink.kind === 'table' ? sink.location : join(sink.location, 'moved.parquet');
      return {
        program: environment.python,
        arguments: [besides('duckdb_peer.py'), source.kind, source.location, sink.kind, target],
        environment: { DATABASE_URL: url },
      };
    },
  };
}
