import type { Client } from 'pg';
import { PipelineError } from '../../errors/pipeline-error.ts';
import type { Position } from '../../pipeline/position.ts';
import type { IncrementalSource } from './incremental-source.ts';
import { type ReadBatch, type ReadOptions, readBatches } from './read-batches.ts';
import { continueIn } from './same-table.ts';
import type { DescribedSource } from './source.ts';
import { type Place, type SourcePosition, writePosition } from './source-position.ts';
import { behind, isBehindStatement, present } from './source-query.ts';
import { nextWindow, partsOf, type Window } from './source-windows.ts';
import { readTransactions, type Transactions } from './transactions.ts';

/** A batch, and where to go on behind it. */
export interface PlacedBatch extends ReadBatch {
  readonly position: Position;
}

/**
 * Reads a source from a position on, in the transaction that the client is in.
 *
 * @throws PipelineError `UNAVAILABLE` or `CONFIGURATION` when server or source do not know what the position is about
 */
export async function* readSource(
  client: Client,
  source: DescribedSource,
  start: SourcePosition | undefined,
  options: ReadOptions,
): AsyncGenerator<PlacedBatch> {
  const { incremental, query } = source;
  if (incremental === undefined || (incremental.table === undefined && incremental.lag === undefined)) {
    yield* readInOrder(client, source, start, options);
    return;
  }
  let position: SourcePosition = start ?? { rows: 0 };
  const transactions = incremental.table === undefined ? undefined : await readTransactions(client, position);
  if (transactions !== undefined) position = await continueIn(client, source, position, transactions);
  const reader = new WindowReader(client, source, incremental, transactions, options);
  const { reading, ...delivered } = position;
  if (reading !== undefined) position = yield* reader.read(delivered, reading);
  yield* reader.read(position, await nextWindow(client, query, incremental, transactions));
}

/** All that lies behind the position; what comes later in the order is all that is new. */
async function* readInOrder(
  client: Client,
  source: DescribedSource,
  start: SourcePosition | undefined,
  options: ReadOptions,
): AsyncGenerator<PlacedBatch> {
  const { order } = source.query;
  if (start?.reading !== undefined) throw inMidWindow(source.name);
  const after = start?.after;
  const conditions = [...present(order), ...(after === undefined ? [] : [behind(order, after)])];
  let rows = start?.rows ?? 0;
  for await (const batch of readBatches(client, source, { order, conditions }, rows, options)) {
    rows += batch.read;
    yield { ...batch, position: writePosition({ rows, ...(batch.place && { after: batch.place }) }) };
  }
}

function inMidWindow(name: string): PipelineError {
  return new PipelineError(
    'CONFIGURATION',
    `The last run stopped on its way through late commits, and ${name} does not say which records those are.`,
    { hint: 'Set source and lag as they were and run once; or run once with --full-refresh.' },
  );
}

class WindowReader {
  readonly #client: Client;
  readonly #source: DescribedSource;
  readonly #incremental: IncrementalSource;
  readonly #transactions: Transactions | undefined;
  readonly #options: ReadOptions;

  constructor(
    client: Client,
    source: DescribedSource,
    incremental: IncrementalSource,
    transactions: Transactions | undefined,
    options: ReadOptions,
  ) {
    this.#client = client;
    this.#source = source;
    this.#incremental = incremental;
    this.#transactions = transactions;
    this.#options = options;
  }

  /** Yields what is left of a window and returns the position behind all of it, which its last batch has. */
  async *read(start: SourcePosition, window: Window): AsyncGenerator<PlacedBatch, SourcePosition> {
    const { query } = this.#source;
    const { table, file, cursor } = this.#incremental;
    const { until, since } = window;
    const limits = { ...(until !== undefined && { until }), ...(since !== undefined && { since }) };
    let { rows } = start;
    let base = { ...start, ...(table !== undefined && { table }), ...(file !== undefined && { file }) };
    // A batch waits for the next one: only the last one is where the window ends.
    let waiting: { readonly batch: ReadBatch; readonly passed: Place } | undefined;
    const { withCursor, withoutCursor } = partsOf(query, this.#incremental, start, window, this.#transactions);
    let last = window.passed?.[cursor.name] === undefined ? undefined : window.passed;
    for (const part of [withCursor, withoutCursor]) {
      if (part === undefined) continue;
      for await (const batch of readBatches(this.#client, this.#source, part, rows, this.#options)) {
        if (waiting !== undefined) {
          const reading = { ...limits, passed: waiting.passed };
          yield { ...waiting.batch, position: writePosition({ ...base, rows, reading }) };
        }
        rows += batch.read;
        waiting = { batch, passed: batch.place ?? {} };
        if (part === withCursor) last = batch.place;
      }
      if (part === withCursor && last !== undefined) base = await this.#advance(base, last);
    }
    const { seen: _, since: __, ...place } = base;
    const end = { ...place, rows, ...(until !== undefined && { seen: until }), ...(since !== undefined && { since }) };
    if (waiting !== undefined) yield { ...waiting.batch, position: writePosition(end) };
    return end;
  }

  /** The position with `place` as its last record, unless there was one behind it before. */
  async #advance<P extends { readonly after?: Place }>(position: P, place: Place): Promise<P> {
    const { after } = position;
    if (after === undefined) return { ...position, after: place };
    const statement = isBehindStatement(this.#source.query.order, place, after);
    const { rows } = await this.#client.query<{ isBehind: boolean }>(statement);
    return rows[0]?.isBehind ? { ...position, after: place } : position;
  }
}
