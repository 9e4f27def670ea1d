import { z } from 'zod';
import { defineConnector } from '../../../../skeleton/base/src/runtime/connectors/connector.ts';
import { MemoryExtractor } from '../../../../skeleton/base/src/runtime/testing/memory-extractor.ts';

const csv = z.strictObject({ path: z.string(), format: z.literal('csv'), delimiter: z.string().max(1).optional() });
const json = z.strictObject({ path: z.string(), format: z.literal('json') });

export const connector = defineConnector({
  type: 'folder',
  connection: z.strictObject({ path: z.string() }),
  source: {
    options: z.discriminatedUnion('format', [csv, json]),
    shards: 'by-file',
    createExtractor: () => new MemoryExtractor([]),
  },
});
