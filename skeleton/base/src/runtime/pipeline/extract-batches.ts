import { metrics } from '../observability/metrics.ts';
import type { Span } from '../observability/tracing.ts';
import type { Batch } from './batch.ts';
import type { Extractor, ExtractRequest } from './extractor.ts';
import { retryTransient } from './retry.ts';
import type { Tally } from './tally.ts';

/** A batch on its way, with its span, which whoever loads the batch finishes. */
export interface BatchInHand<T> {
  readonly batch: Batch<T>;
  /** Gives the memory of the records back to the extractor, once they are loaded. */
  readonly release?: () => void;
  readonly span: Span;
  /** `performance.now()` when its extraction began. */
  readonly startedAt: number;
}

interface Extraction<T> {
  readonly extractor: Extractor<T>;
  readonly request: ExtractRequest;
  readonly span: Span;
  readonly tally: Tally;
  readonly tags: { readonly pipeline: string; readonly resource: string };
}

/**
 * The batches of a source until its end, or until the request's signal asks to stop. When the source fails
 * transiently it is opened again behind the last batch.
 */
export async function* extractBatches<T>(extraction: Extraction<T>): AsyncGenerator<BatchInHand<T>> {
  const { extractor, tally, tags } = extraction;
  let request = extraction.request;
  let iterator: AsyncIterator<Batch<T>> | undefined;
  const next = async (): Promise<IteratorResult<Batch<T>>> => {
    iterator ??= extractor.extract(request)[Symbol.asyncIterator]();
    try {
      return await iterator.next();
    } catch (error) {
      iterator = undefined;
      throw error;
    }
  };
  try {
    while (request.signal?.aborted !== true) {
      const startedAt = performance.now();
      const span = extraction.span.child('pipeline.batch');
      const extractSpan = span.child('extract');
      const result = await retryTransient(
        () => extractSpan.run(next),
        () => tally.add({ retries: 1 }),
        request.signal,
      ).catch((error: unknown) => {
        extractSpan.finish(error);
        span.finish(error);
        if (request.signal?.aborted === true) return undefined;
        throw error;
      });
      if (result === undefined) return;
      extractSpan.finish();
      const milliseconds = performance.now() - startedAt;
      tally.addDuration('extract', milliseconds);
      metrics.distribution('stage.duration', milliseconds, { ...tags, stage: 'extract' });
      if (result.done) {
        span.finish();
        return;
      }
      const batch = result.value;
      const { sequence, position } = batch.identity;
      request = { ...request, from: position, firstSequence: sequence + 1 };
      count(batch, extraction);
      yield { batch, release: () => batch.release(), span, startedAt };
    }
  } finally {
    await iterator?.return?.();
  }
}

function count<T>(batch: Batch<T>, { extractor, tally, tags }: Extraction<T>): void {
  const read = batch.size + batch.rejections.length;
  tally.add({ read, batches: 1, bytesRead: batch.bytes });
  metrics.count('records.read', read, tags);
  metrics.count('bytes.read', batch.bytes, tags);
  const lag = extractor.lagSeconds(batch.identity.position);
  if (lag !== undefined) metrics.gauge('lag.seconds', lag, tags);
}
