import { z } from 'zod';
import { defineConnector } from '../../../../skeleton/base/src/runtime/connectors/connector.ts';
import { PipelineError } from '../../../../skeleton/base/src/runtime/errors/pipeline-error.ts';
import type { Batch } from '../../../../skeleton/base/src/runtime/pipeline/batch.ts';
import type { LoadReport } from '../../../../skeleton/base/src/runtime/pipeline/loader.ts';
import { MemoryExtractor } from '../../../../skeleton/base/src/runtime/testing/memory-extractor.ts';
import { MemoryLoader } from '../../../../skeleton/base/src/runtime/testing/memory-loader.ts';

/** A queue that knows how old its records are. */
class QueueExtractor extends MemoryExtractor {
  override lagSeconds(): number {
    return 42;
  }
}

/** A sink that is busy when the first batch comes, and calls home while it loads. */
class BusyLoader extends MemoryLoader {
  readonly #url: string;
  #busy = true;

  constructor(url: string) {
    super();
    this.#url = url;
  }

  override async load(batch: Batch): Promise<LoadReport> {
    await fetch(this.#url);
    if (this.#busy) {
      this.#busy = false;
      throw new PipelineError('UNAVAILABLE', 'The sink is busy.');
    }
    return super.load(batch);
  }
}

/** Something that no template knows and a team drops into its connectors folder. */
export const connector = defineConnector({
  type: 'unsteady',
  connection: z.object({ url: z.url() }),
  source: {
    options: z.object({ records: z.int() }),
    createExtractor: (_, { records }) =>
      new QueueExtractor(
        Array.from({ length: records }, (_value, index) => ({ id: index, total: index === 7 ? 'seven' : '1.50' })),
        10,
      ),
  },
  sink: {
    options: z.object({}),
    createLoader: ({ url }) => new BusyLoader(url),
  },
});
