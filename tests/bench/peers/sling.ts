import { copyFileSync, globSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Candidate, Sink, Source } from '../move.ts';
import { openEnvironment, postgresqlUrl } from './peer.ts';

/** Sling reads and writes Parquet by way of a DuckDB of this version, which it starts. */
const DUCKDB_VERSION = '1.4.4';

/** Sling, the free command line. It has no Delta tables. */
export async function openSling(): Promise<Candidate> {
  const environment = await openEnvironment('sling');
  const home = homeWithExtensions(environment.folder);
  const program = join(environment.packageFolder('sling_linux_amd64'), 'bin/sling-linux-amd64');
  return {
    name: 'Sling',
    variant: 'full-refresh',
    version: environment.versionOf('sling-linux-amd64'),
    does: ({ sink }) => sink !== 'delta',
    prepare: async ({ url, source, sink }) => ({
      program,
      arguments: ['run', '--mode', 'full-refresh', ...sourceOptions(source), ...sinkOptions(sink)],
      environment: {
        HOME: home,
        POSTGRESQL: `${postgresqlUrl(url)}?sslmode=disable`,
        DUCKDB_PATH: environment.program('duckdb'),
        DUCKDB_VERSION,
        SLING_DISABLE_TELEMETRY: 'true',
        SLING_LOADED_AT_COLUMN: 'false',
      },
    }),
  };
}

function sourceOptions({ kind, location }: Source): string[] {
  if (kind === 'table') return ['--src-conn', 'POSTGRESQL', '--src-stream', location];
  const options = kind === 'ndjson' ? ['--src-options', '{"format":"jsonlines","flatten":true}'] : [];
  return ['--src-stream', `file://${location}`, ...options];
}

function sinkOptions({ kind, location }: Sink): string[] {
  if (kind === 'table') return ['--tgt-conn', 'POSTGRESQL', '--tgt-object', location];
  return ['--tgt-object', `file://${join(location, 'moved.parquet')}`];
}

/** DuckDB would download these extensions into the home folder. */
function homeWithExtensions(folder: string): string {
  const home = join(folder, 'home');
  const extensions = join(home, `.duckdb/extensions/v${DUCKDB_VERSION}/linux_amd64`);
  mkdirSync(extensions, { recursive: true });
  for (const extension of globSync(join(folder, 'lib/**/*.duckdb_extension'))) {
    copyFileSync(extension, join(extensions, basename(extension)));
  }
  return home;
}
