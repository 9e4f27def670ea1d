import { metrics } from '../observability/metrics.ts';
import type { Span } from '../observability/tracing.ts';
import type { Batch } from './batch.ts';
import type { CallPolicy } from './call-policy.ts';
import type { Extractor, ExtractRequest } from './extractor.ts';
import type { Ledger } from './ledger.ts';

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
  readonly calls: CallPolicy;
  readonly request: ExtractRequest;
  readonly span: Span;
  readonly ledger: Ledger;
}

/**
 * The batches of a source until its end, or until the request's signal asks to stop. When the source fails
 * transiently, or does not answer in time, it is opened again behind the last batch.
 */
export async function* extractBatches<T>(extraction: Extraction<T>): AsyncGenerator<BatchInHand<T>> {
  const { extractor, calls, ledger } = extraction;
  const { tally, tags } = ledger;
  let request = extraction.request;
  let reading: Reading<T> | undefined;
  const next = async (cancelled: AbortSignal): Promise<IteratorResult<Batch<T>>> => {
    reading ??= openReading(extractor, request);
    const current = reading;
    const stop = () => {
      current.stop();
      if (reading === current) reading = undefined;
    };
    cancelled.addEventListener('abort', stop, { once: true });
    try {
      const result = await current.batches.next();
      // What comes after the deadline may be the end of a reading that was stopped, and not that of the source.
      cancelled.throwIfAborted();
      return result;
    } catch (error) {
      if (reading === current) reading = undefined;
      throw error;
    } finally {
      cancelled.removeEventListener('abort', stop);
    }
  };
  try {
    while (request.signal?.aborted !== true) {
      const startedAt = performance.now();
      const span = extraction.span.child('pipeline.batch');
      const extractSpan = span.child('extract');
      const result = await extractSpan
        .run(() => calls.call(next, request.signal))
        .catch((error: unknown) => {
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
    await reading?.batches.return?.();
  }
}

interface Reading<T> {
  readonly batches: AsyncIterator<Batch<T>>;
  /** Gives up the batch in hand and all behind it. */
  stop(): void;
}

function openReading<T>(extractor: Extractor<T>, request: ExtractRequest): Reading<T> {
  const stopped = new AbortController();
  const signals = request.signal === undefined ? [stopped.signal] : [stopped.signal, request.signal];
  const batches = extractor.extract({ ...request, signal: AbortSignal.any(signals) })[Symbol.asyncIterator]();
  const stop = () => {
    stopped.abort();
    // Comes about when the batch in hand does, and nobody waits for that.
    batches.return?.().catch(() => undefined);
  };
  return { batches, stop };
}

function count<T>(batch: Batch<T>, { extractor, ledger }: Extraction<T>): void {
  const { budget, tags, tally } = ledger;
  const read = batch.size + batch.rejections.length;
  budget.read(batch.identity.sequence, read);
  tally.add({ read, batches: 1, bytesRead: batch.bytes });
  metrics.count('records.read', read, tags);
  metrics.count('bytes.read', batch.bytes, tags);
  const lag = extractor.lagSeconds(batch.identity.position);
  if (lag !== undefined) metrics.gauge('lag.seconds', lag, tags);
}
