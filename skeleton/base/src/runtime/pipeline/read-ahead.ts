/**
 * Passes an async generator's values on while up to `ahead` more are being made: the steps of a pipeline overlap,
 * and no more than that many batches are in memory between two of them.
 */
export async function* readAhead<T>(source: AsyncGenerator<T>, ahead: number): AsyncGenerator<T> {
  const request = (): Promise<IteratorResult<T>> => {
    const result = source.next();
    result.catch(() => undefined);
    return result;
  };
  const requested = Array.from({ length: ahead }, request);
  try {
    for (;;) {
      const result = await requested.shift();
      if (result === undefined || result.done) return;
      requested.push(request());
      yield result.value;
    }
  } finally {
    await source.return(undefined);
  }
}
