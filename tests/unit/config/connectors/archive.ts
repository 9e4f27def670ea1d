import { z } from 'zod';
import { defineConnector } from '../../../../skeleton/base/src/runtime/connectors/connector.ts';
import { MemoryLoader } from '../../../../skeleton/base/src/runtime/testing/memory-loader.ts';

export const connector = defineConnector({
  type: 'archive',
  connection: z.strictObject({ path: z.string() }),
  sink: {
    options: z.strictObject({ columns: z.union([z.literal('all'), z.array(z.string())]).optional() }),
    modes: ['append', 'merge'],
    shards: true,
    createLoader: () => new MemoryLoader(),
  },
});
