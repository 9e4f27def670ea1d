import { randomUUIDv7 } from 'node:crypto';
import type { QueryResultRow } from 'pg';
import { afterAll, beforeAll, inject } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../scripts/postgres-server.ts';
import type { SinkContext, SourceContext, WriteMode } from '../../../skeleton/base/src/runtime/connectors/connector.ts';
import type { Batch, Rejection } from '../../../skeleton/base/src/runtime/pipeline/batch.ts';
import type { Checkpoint, Position } from '../../../skeleton/base/src/runtime/pipeline/position.ts';
import { PostgresExtractor } from '../../../skeleton/connectors/postgres/src/runtime/connectors/postgres/extractor.ts';
import { PostgresLoader } from '../../../skeleton/connectors/postgres/src/runtime/connectors/postgres/loader.ts';
import type { PostgresSource } from '../../../skeleton/connectors/postgres/src/runtime/connectors/postgres/options.ts';
import { createDatabase, type OwnDatabase } from '../../support/database.ts';

export const STREAM = 'shop/orders';

export interface TestDatabase {
  readonly url: string;
  /** Runs statements and returns the rows of the (last) one. */
  sql<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** The address for another user or another port. */
  as(change: { user?: string; password?: string; port?: string; database?: string }): string;
}

/** A server of its own for the tests of one file: nobody else's transactions are going on there. */
export function useServer(): () => string {
  let server: PostgresServer | undefined;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());
  return () => server?.url ?? '';
}

/**
 * A database of its own for the tests of one file.
 *
 * @param server gives the address of the server once hooks are run; by default the one that all tests share
 */
export function useDatabase(server = () => inject('postgresUrl')): TestDatabase {
  let database: OwnDatabase | undefined;
  const made = (): OwnDatabase => {
    if (database === undefined) throw new Error('The database is there in tests and hooks only.');
    return database;
  };
  beforeAll(async () => {
    database = await createDatabase(server());
  });
  afterAll(() => database?.drop());
  return {
    get url() {
      return made().url;
    },
    sql: (text, values) => made().sql(text, values),
    as({ user, password, port, database }) {
      const changed = new URL(made().url);
      if (user !== undefined) changed.username = user;
      if (password !== undefined) changed.password = password;
      if (port !== undefined) changed.port = port;
      if (database !== undefined) changed.pathname = database;
      return changed.href;
    },
  };
}

export function extractorOf(
  url: string,
  source: PostgresSource,
  context: Partial<SourceContext> = {},
): PostgresExtractor {
  return new PostgresExtractor({ url }, source, { resource: 'orders', stream: STREAM, batchSize: 1000, ...context });
}

export function loaderOf(
  url: string,
  table: string,
  mode: WriteMode,
  context: Partial<SinkContext> = {},
): PostgresLoader {
  const defaults = { resource: 'orders', stream: STREAM, mode, key: [], writer: randomUUIDv7() };
  return new PostgresLoader({ url }, { table }, { ...defaults, ...context });
}

export async function readAll(extractor: PostgresExtractor, from?: Position, firstSequence = 1): Promise<Batch[]> {
  return Array.fromAsync(extractor.extract({ firstSequence, ...(from && { from }) }));
}

export function rowsOf(batches: readonly Batch[]): Readonly<Record<string, unknown>>[] {
  return batches.flatMap((batch) => batch.rows());
}

/**
 * Loads all batches of the extractor that the sink does not have yet, as a run does, and returns the refused records.
 *
 * @param asTheyAre let rows through that source and sink have in the same form
 */
export async function move(
  extractor: PostgresExtractor,
  loader: PostgresLoader,
  stream = STREAM,
  asTheyAre = true,
): Promise<Rejection[]> {
  const rejected: Rejection[] = [];
  const checkpoint: Checkpoint | undefined = await loader.checkpoint(stream);
  await loader.prepare(await extractor.schema());
  const request = {
    firstSequence: (checkpoint?.sequence ?? 0) + 1,
    ...(checkpoint && { from: checkpoint.position }),
    ...(asTheyAre && loader.form !== undefined && { form: loader.form }),
  };
  for await (const batch of extractor.extract(request)) {
    rejected.push(...batch.rejections);
    await loader.load(batch, async (rejections) => {
      rejected.push(...rejections);
    });
  }
  await loader.finish(true);
  await loader.close();
  return rejected;
}
