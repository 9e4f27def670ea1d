import type { Candidate } from '../move.ts';
import { openEnvironment, postgresqlUrl } from './peer.ts';

/** ingestr. It reads no Parquet and NDJSON files, and writes no Parquet files and Delta tables on a local disk. */
export async function openIngestr(): Promise<Candidate> {
  const environment = await openEnvironment('ingestr');
  return {
    name: 'ingestr',
    variant: 'full refresh',
    version: environment.versionOf('ingestr'),
    does: ({ source, sink }) => (source === 'table' || source === 'csv') && sink === 'table',
    async prepare({ url, source, sink, folder }) {
      const server = `${postgresqlUrl(url)}?sslmode=disable`;
      const [uri, table] = source.kind === 'table' ? [server, source.location] : [`csv://${source.location}`, 'moved'];
      return {
        program: environment.program('ingestr'),
        arguments: [
          ...['ingest', '--yes', '--progress', 'log', '--full-refresh'],
          ...['--source-uri', uri ?? '', '--source-table', table ?? ''],
          ...['--dest-uri', server, '--dest-table', sink.location],
        ],
        folder,
        environment: { DISABLE_TELEMETRY: 'true', RUNTIME__DLTHUB_TELEMETRY: 'false' },
      };
    },
  };
}
