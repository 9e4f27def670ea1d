import { defineConnector } from '../connector.ts';
import { PostgresExtractor } from './extractor.ts';
import { PostgresLoader } from './loader.ts';
import { connectionOptions, sinkOptions, sourceOptions } from './options.ts';

export const connector = defineConnector({
  type: 'postgres',
  connection: connectionOptions,
  source: {
    options: sourceOptions,
    needsCursor: true,
    shards: 'by-key',
    createExtractor: (connection, options, context) => new PostgresExtractor(connection, options, context),
  },
  sink: {
    options: sinkOptions,
    shards: true,
    createLoader: (connection, options, context) => new PostgresLoader(connection, options, context),
  },
});
