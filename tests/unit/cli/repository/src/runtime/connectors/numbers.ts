import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { secret } from '../config/secrets.ts';
import { PipelineError } from '../errors/pipeline-error.ts';
import { Batch } from '../pipeline/batch.ts';
import type { Check } from '../pipeline/check.ts';
import { Extractor, type ExtractRequest } from '../pipeline/extractor.ts';
import type { TableSchema } from '../schema/table-schema.ts';
import { defineConnector, type SourceContext } from './connector.ts';

const connection = z.strictObject({ url: secret(z.string()) });
const source = z.strictObject({
  count: z.int().min(0),
  /** Every so many numbers one is written in words. */
  wordEvery: z.int().default(1_000_000),
  /** Milliseconds between two batches. */
  pause: z.int().default(0),
});

/** Counts. A drop-in connector as a team would write it: one file, found by its name. */
class NumbersExtractor extends Extractor {
  readonly batchSize: number;
  readonly #url: string;
  readonly #options: z.output<typeof source>;
  readonly #stream: string;

  constructor(url: string, options: z.output<typeof source>, { batchSize, stream }: SourceContext) {
    super();
    this.#url = url;
    this.#options = options;
    this.#stream = stream;
    this.batchSize = batchSize;
  }

  async check(): Promise<Check[]> {
    if (!this.#url.includes('refused'))
      return [{ name: 'connect', ok: true, detail: `counts to ${this.#options.count}` }];
    throw new PipelineError('UNAVAILABLE', `${this.#url} does not answer.`, { hint: 'Start it.' });
  }

  async schema(): Promise<TableSchema> {
    return { fields: [{ name: 'number', type: { kind: 'string' }, nullable: true }] };
  }

  async *extract({ from, firstSequence, columns, signal }: ExtractRequest): AsyncGenerator<Batch> {
    const { count, wordEvery, pause } = this.#options;
    let sequence = firstSequence;
    for (let last = Number(from?.last ?? 0); last < count && signal?.aborted !== true; ) {
      const next = Math.min(last + this.batchSize, count);
      const rows = Array.from({ length: next - last }, (_, index) => {
        const number = last + index + 1;
        return { number: number % wordEvery === 0 ? 'many\u001b[31m' : String(number) };
      });
      const identity = { stream: this.#stream, sequence: sequence++, position: { last: next }, origin: 'numbers' };
      const batch = new Batch(identity, { rows, rowNumbers: last + 1 });
      this.recordsRead += rows.length;
      yield columns === undefined ? batch : batch.toColumns(columns);
      last = next;
      await setTimeout(pause);
    }
  }
}

export const connector = defineConnector({
  type: 'numbers',
  connection,
  source: {
    options: source,
    createExtractor: ({ url }, options, context) => new NumbersExtractor(url, options, context),
  },
});
