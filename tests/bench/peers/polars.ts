import { join } from 'node:path';
import type { Candidate, Route } from '../move.ts';
import { besides, openEnvironment, type PeerEnvironment } from './peer.ts';

/** polars, with each of the engines that it has for PostgreSQL, and on its own where there is none on the route. */
export async function openPolars(): Promise<Candidate[]> {
  const environment = await openEnvironment('polars');
  return [
    candidate(environment, 'connectorx', ({ source, sink }) => source === 'table' && sink !== 'table'),
    candidate(environment, 'adbc', ({ source, sink }) => source === 'table' || sink === 'table'),
    candidate(environment, 'streaming', ({ source, sink }) => source !== 'table' && sink !== 'table'),
  ];
}

function candidate(environment: PeerEnvironment, engine: string, does: (route: Route) => boolean): Candidate {
  return {
    name: 'polars',
    variant: engine,
    version: environment.versionOf('polars'),
    does,
    async prepare({ url, source, sink }) {
      const target = sink.kind === 'parquet' ? join(sink.location, 'moved.parquet') : sink.location;
      return {
        program: environment.python,
        arguments: [besides('polars_peer.py'), engine, source.kind, source.location, sink.kind, target],
        environment: { DATABASE_URL: url },
      };
    },
  };
}
