import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Candidate } from '../move.ts';
import { besides, openEnvironment, type PeerEnvironment } from './peer.ts';

/** dlt as its documentation begins, and with the backend and file format that are fastest. */
export async function openDlt(): Promise<Candidate[]> {
  const environment = await openEnvironment('dlt');
  return [candidate(environment, 'default'), candidate(environment, 'best')];
}

function candidate(environment: PeerEnvironment, way: 'default' | 'best'): Candidate {
  return {
    name: 'dlt',
    variant: `${way} backend`,
    version: environment.versionOf('dlt'),
    does: () => true,
    async prepare({ url, source, sink, folder }) {
      // dlt insists on making the folder of a data set itself.
      if (sink.kind !== 'table') rmSync(dirname(sink.location), { recursive: true });
      return {
        program: environment.python,
        arguments: [besides('dlt_peer.py'), way, source.kind, source.location, sink.kind, sink.location],
        environment: {
          DATABASE_URL: url,
          WORK_FOLDER: folder,
          RUNTIME__LOG_LEVEL: 'ERROR',
          RUNTIME__DLTHUB_TELEMETRY: 'false',
        },
      };
    },
  };
}
