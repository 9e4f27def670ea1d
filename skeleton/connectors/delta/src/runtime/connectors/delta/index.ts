import { join } from 'node:path';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { defineConnector } from '../connector.ts';
import { DeltaLoader } from './loader.ts';
import { connectionOptions, sinkOptions } from './options.ts';

/** Delta Lake tables in a local folder, as sinks. */
export const connector = defineConnector({
  type: 'delta',
  connection: connectionOptions,
  sink: {
    options: sinkOptions,
    modes: ['append', 'replace'],
    shards: true,
    createLoader(connection, options, { stream, mode, resource, writer }) {
      if (mode === 'merge') {
        throw new PipelineError('CONFIGURATION', `${resource}: a Delta sink cannot merge.`, {
          where: { resource },
          hint: 'Use mode append or replace.',
        });
      }
      return new DeltaLoader({
        path: join(connection.path, options.table),
        stream,
        writer,
        mode,
        partitionBy: options.partitionBy,
      });
    },
  },
});
