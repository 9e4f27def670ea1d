import { defineConnector } from '../connector.ts';
import { FilesExtractor } from './extractor.ts';
import { FilesLoader } from './loader.ts';
import { connectionOptions, sinkOptions, sourceOptions } from './options.ts';

/** Files in folders: CSV, NDJSON, JSON and Parquet. */
export const connector = defineConnector({
  type: 'files',
  connection: connectionOptions,
  source: {
    options: sourceOptions,
    shards: 'by-file',
    createExtractor: (connection, options, context) => new FilesExtractor(connection, options, context),
  },
  sink: {
    options: sinkOptions,
    shards: true,
    createLoader: (connection, options, context) => new FilesLoader(connection, options, context),
  },
});
