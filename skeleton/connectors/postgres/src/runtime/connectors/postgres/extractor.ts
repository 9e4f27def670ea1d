import type { Client } from 'pg';
import { parseTimestamp } from '../../columns/timestamps.ts';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { Batch } from '../../pipeline/batch.ts';
import type { Check } from '../../pipeline/check.ts';
import { Extractor, type ExtractRequest } from '../../pipeline/extractor.ts';
import type { Position } from '../../pipeline/position.ts';
import { sameType, type TableSchema } from '../../schema/table-schema.ts';
import type { Comparable, Comparison } from '../../verify/comparable.ts';
import type { SourceContext } from '../connector.ts';
import { AbandonableConnection } from './abandonable-connection.ts';
import { destroyClient, openClient, withClient } from './client.ts';
import { comparableSource } from './comparable.ts';
import { toPipelineError } from './errors.ts';
import { type PostgresConnection, type PostgresSource, requireTableName } from './options.ts';
import { primaryKey } from './primary-key.ts';
import { readSource } from './read-source.ts';
import { type DescribedSource, describeSource, nameOf } from './source.ts';
import { checkSource } from './source-checks.ts';
import { estimateRows } from './source-estimate.ts';
import { parsePosition, type SourcePosition } from './source-position.ts';
import { fieldOf } from './table-columns.ts';
import { beginSnapshot } from './transactions.ts';

/**
 * Reads a table or a query by one `COPY … TO STDOUT (FORMAT binary)`.
 *
 * - incremental: what is new since the last run, in the order of (cursor, key)
 * - full: all of it, in the order of the primary key; without one in no order, and then it cannot be resumed
 */
export class PostgresExtractor extends Extractor {
  readonly batchSize: number;
  readonly #connection: AbandonableConnection;
  readonly #options: PostgresSource;
  readonly #context: SourceContext;

  constructor(connection: PostgresConnection, options: PostgresSource, context: SourceContext) {
    super();
    this.batchSize = context.batchSize;
    this.#connection = new AbandonableConnection(connection);
    this.#options = options;
    this.#context = context;
  }

  async check(): Promise<Check[]> {
    return checkSource(this.#connection, this.#options, this.#context);
  }

  async schema(): Promise<TableSchema> {
    const { delivered } = await this.#withClient((client) => this.#describe(client));
    return { fields: delivered.map(fieldOf) };
  }

  override async estimate(from?: Position): Promise<number | undefined> {
    return this.#withClient(async (client) => {
      const source = await this.#describe(client);
      return estimateRows(client, source, this.#resume(from, source));
    });
  }

  /** How old the newest record is, where the cursor is a time. */
  override lagSeconds(position: Position): number | undefined {
    const { cursor, key = [] } = this.#context.incremental ?? {};
    if (cursor === undefined) return undefined;
    const { reading, after } = parsePosition(position, [...new Set([cursor, ...key])]);
    const value = reading?.passed[cursor] ?? after?.[cursor];
    const microseconds = value === undefined ? undefined : parseTimestamp(value);
    return microseconds === undefined ? undefined : Date.now() / 1000 - Number(microseconds) / 1_000_000;
  }

  override async key(): Promise<readonly string[]> {
    const { table } = this.#options;
    return table === undefined ? [] : this.#withClient((client) => primaryKey(client, requireTableName(table)));
  }

  override async comparable(comparison: Comparison): Promise<Comparable | undefined> {
    return comparableSource(this.#connection, this.#context.stream, comparison, (client) => this.#describe(client));
  }

  async *extract({ from, firstSequence, columns, form, signal }: ExtractRequest): AsyncGenerator<Batch> {
    if (signal?.aborted) return;
    const client = await openClient(this.#connection, this.#context.stream, 'read');
    const stop = () => destroyClient(client);
    signal?.addEventListener('abort', stop);
    try {
      await beginSnapshot(client);
      const source = await this.#describe(client);
      requireSame(columns, source);
      let sequence = firstSequence;
      const start = this.#resume(from, source);
      for await (const batch of readSource(client, source, start, { batchSize: this.batchSize, form })) {
        this.recordsRead += batch.read;
        yield new Batch(
          { stream: this.#context.stream, sequence, position: batch.position, origin: nameOf(this.#options) },
          batch,
        );
        sequence++;
      }
      await client.query('COMMIT');
    } catch (error) {
      if (!signal?.aborted) throw toPipelineError(error, client);
    } finally {
      signal?.removeEventListener('abort', stop);
      destroyClient(client);
    }
  }

  override abandon(): void {
    this.#connection.abandon();
  }

  #resume(from: Position | undefined, { query, name }: DescribedSource): SourcePosition | undefined {
    if (from === undefined) return undefined;
    const order = query.order.map((column) => column.name);
    if (order.length > 0) return parsePosition(from, order);
    throw new PipelineError(
      'UNREADABLE',
      `A full read of ${name} stopped on its way and cannot go on there: it has no primary key.`,
      {
        hint: 'Run it into a sink with mode: replace, which starts over; or give the table a primary key; or read it incrementally.',
      },
    );
  }

  #describe(client: Client): Promise<DescribedSource> {
    return describeSource(client, this.#options, this.#context);
  }

  #withClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
    return withClient(this.#connection, this.#context.stream, 'read', work);
  }
}

/** @throws PipelineError `SCHEMA_DRIFT` when the table was changed since its columns were asked for */
function requireSame(expected: TableSchema | undefined, { delivered, name }: DescribedSource): void {
  if (expected === undefined) return;
  const fields = delivered.map(fieldOf);
  const same =
    expected.fields.length === fields.length &&
    expected.fields.every((field, index) => {
      const now = fields[index];
      return now !== undefined && now.name === field.name && sameType(now.type, field.type);
    });
  if (same) return;
  throw new PipelineError('SCHEMA_DRIFT', `The columns of ${name} were changed while it was about to be read.`, {
    hint: 'Run again.',
  });
}
