import { writeFileSync } from 'node:fs';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { type TestDatabase, useDatabase, useServer } from '../services/postgres/database.ts';
import type { Failpoint } from './failpoint.ts';
import { watchedRun } from './kill/run.ts';
import { type Ended, renderServices, type Service } from './service.ts';

export const SINKS = {
  postgres: 'connection: warehouse, table: public.events',
  delta: 'connection: lake, table: orders',
  files: 'connection: exports, table: orders, format: parquet',
} as const;

interface Configuration {
  /** Text of pipeline.yaml; left out, the load is a full one. */
  readonly incremental?: string;
  /** Where the records come from; `events` when it is left out. */
  readonly table?: string;
  readonly batchSize?: number;
}

/** Tables `events` in two databases, and a service that moves records from one to the other or into another sink. */
export interface EventsService {
  /** Of the test that is running. */
  readonly service: Service;
  readonly shop: TestDatabase;
  readonly warehouse: TestDatabase;
  /** Writes pipeline.yaml. */
  configure(sink: keyof typeof SINKS, mode: string, configuration?: Configuration): void;
  /** A run that ends with 0 and has nothing to say. */
  run(...options: string[]): Promise<void>;
  /** A run, however it ends. */
  start(...options: string[]): Promise<Ended>;
  /** A run that kills itself. */
  runKilled(at: Failpoint, ...options: string[]): Promise<void>;
  /** A connection to the shop, for as long as the test lasts. */
  session(): Promise<Client>;
  expectEqualContents(): Promise<void>;
}

/** A service for the tests of one file, with nothing in it at the begin of each, and a server of its own. */
export function useEventsService(): EventsService {
  const server = useServer();
  const shop = useDatabase(server);
  const warehouse = useDatabase(server);
  let rendered: Service;
  let service: Service;
  const sessions: Client[] = [];
  const environment = () => ({
    SHOP_DATABASE_URL: shop.url,
    WAREHOUSE_DATABASE_URL: warehouse.url,
    LOG_LEVEL: 'silent',
  });

  beforeAll(async () => {
    const answers = { sources: ['postgres'], sinks: ['files', 'delta', 'postgres'] };
    [rendered] = (await renderServices([answers])) as [Service];
  });
  beforeEach(async () => {
    service = rendered.copy();
    await shop.sql(`DROP TABLE IF EXISTS events CASCADE;
      CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, created timestamptz NOT NULL DEFAULT now(),
        writer int NOT NULL DEFAULT 0)`);
    await warehouse.sql('DROP TABLE IF EXISTS events, events__staging, etl_checkpoints');
  });
  afterEach(async () => {
    for (const client of sessions.splice(0)) await client.end();
    service.remove();
  });
  afterAll(() => rendered.remove());

  return {
    get service() {
      return service;
    },
    shop,
    warehouse,
    configure: (sink, mode, configuration = {}) =>
      writeFileSync(service.path('pipeline.yaml'), pipelineOf(sink, mode, configuration)),
    async run(...options) {
      const { code, stderr } = await service.pipeline(['run', ...options], environment());
      expect(stderr).toBe('');
      expect(code).toBe(0);
    },
    start: (...options) => service.pipeline(['run', ...options], environment()),
    async runKilled(at, ...options) {
      const { signal, stderr } = await watchedRun(service, environment(), at, undefined, options);
      expect(signal, stderr).toBe('SIGKILL');
    },
    async session() {
      const client = new Client({ connectionString: shop.url });
      await client.connect();
      sessions.push(client);
      return client;
    },
    async expectEqualContents() {
      const all = 'SELECT id::text, created::text, writer FROM events ORDER BY id, created';
      expect(await warehouse.sql(all)).toEqual(await shop.sql(all));
    },
  };
}

function pipelineOf(
  sink: keyof typeof SINKS,
  mode: string,
  { incremental, table = 'events', batchSize = 100 }: Configuration,
): string {
  return `name: events
connections:
  shop: { type: postgres, url: "\${SHOP_DATABASE_URL}" }
  warehouse: { type: postgres, url: "\${WAREHOUSE_DATABASE_URL}" }
  lake: { type: delta, path: ./data/lake }
  exports: { type: files, path: ./data/exports }
resources:
  events:
    source: { connection: shop, table: ${table} }
    sink: { ${SINKS[sink]}, ${mode} }
    mode: ${incremental === undefined ? 'full' : 'incremental'}
${incremental === undefined ? '' : `    incremental: ${incremental}\n`}    batchSize: ${batchSize}
`;
}
