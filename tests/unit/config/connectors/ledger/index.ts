import { z } from 'zod';
import { secret } from '../../../../../skeleton/base/src/runtime/config/secrets.ts';
import { defineConnector } from '../../../../../skeleton/base/src/runtime/connectors/connector.ts';
import { MemoryExtractor } from '../../../../../skeleton/base/src/runtime/testing/memory-extractor.ts';
import { MemoryLoader } from '../../../../../skeleton/base/src/runtime/testing/memory-loader.ts';

/** Reads its own options and context as its only record. */
export const connector = defineConnector({
  type: 'ledger',
  connection: z.strictObject({
    url: secret(z.string()),
    port: z.int().min(1).max(65_535).optional(),
    tls: z.boolean().default(false),
  }),
  source: {
    options: z.strictObject({ table: z.string() }),
    needsCursor: true,
    createExtractor: (connection, options, context) => new MemoryExtractor([{ ...connection, ...options, ...context }]),
  },
  sink: {
    options: z.strictObject({ table: z.string() }),
    createLoader: () => new MemoryLoader(),
  },
});
