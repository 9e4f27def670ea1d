import { writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { useDatabase } from '../services/postgres/database.ts';
import { type Disturb, disturbedRun, printed } from './disturbed-run.ts';
import { type Ended, renderServices, type Service } from './service.ts';

const ROWS = 60_000;
/** Two batches are in the sink; the third is written there, and its transaction is open. */
const THIRD_BATCH = { step: 'postgres: insert into public', occurrence: 4 };
const database = useDatabase();
const stopped = new Set<number>();
let rendered: Service;
let service: Service;
let proxy: SilentProxy;

beforeAll(async () => {
  [rendered] = (await renderServices([{ sources: ['postgres'], sinks: ['postgres'] }])) as [Service];
  await database.sql(`
    CREATE SCHEMA shop;
    CREATE TABLE shop.orders AS SELECT n::bigint AS id, repeat(md5(n::text), 8) AS text,
      '2026-01-01'::timestamptz + n * interval '1 second' AS at FROM generate_series(1, ${ROWS}) AS n;
    ALTER TABLE shop.orders ADD PRIMARY KEY (id)`);
});
beforeEach(async () => {
  service = rendered.copy();
  proxy = await SilentProxy.start(Number(new URL(database.url).port));
  await database.sql('DROP TABLE IF EXISTS public.copies, public.others, public.etl_checkpoints');
});
afterEach(() => {
  letSinkGoOn();
  proxy.stop();
  service.remove();
});
afterAll(() => rendered.remove());

/** Lets everything through, until it says nothing any more to those that are connected; who connects later is served. */
class SilentProxy {
  readonly #server: Server;
  readonly #pairs = new Set<{ readonly client: Socket; readonly server: Socket }>();

  private constructor(target: number) {
    this.#server = createServer((client) => {
      const server = connect(target, '127.0.0.1');
      const pair = { client, server };
      this.#pairs.add(pair);
      client.pipe(server);
      server.pipe(client);
      for (const socket of [client, server]) socket.on('error', () => socket.destroy());
    });
  }

  static async start(target: number): Promise<SilentProxy> {
    const made = new SilentProxy(target);
    await new Promise<void>((resolve) => made.#server.listen(0, '127.0.0.1', resolve));
    return made;
  }

  get port(): string {
    const address = this.#server.address();
    return String(typeof address === 'object' ? address?.port : '');
  }

  /** Neither end of the open connections ever hears of the other again, not even that it is gone. */
  fallSilent(): void {
    for (const { client, server } of this.#pairs) {
      client.unpipe(server).removeAllListeners('data').pause();
      server.unpipe(client).removeAllListeners('data').pause();
      client.removeAllListeners('end');
      server.removeAllListeners('end');
    }
    this.#pairs.clear();
  }

  stop(): void {
    this.#server.close();
    for (const { client, server } of this.#pairs) {
      client.destroy();
      server.destroy();
    }
  }
}

interface Urls {
  readonly shop?: string;
  readonly warehouse?: string;
}

/** A resource of many small batches, or two of them into the same sink. */
function configure(deadlines: string, { two = false } = {}): void {
  const resource = (table: string) => `
    source: { connection: shop, table: shop.orders }
    sink: { connection: warehouse, table: public.${table}, mode: append }
    mode: incremental
    incremental: { cursor: at, key: [id], lag: 1s }
    batchSize: 1000
    deadlines: { ${deadlines} }
`;
  writeFileSync(
    service.path('pipeline.yaml'),
    `name: copy
connections:
  shop: { type: postgres, url: "\${SHOP_DATABASE_URL}" }
  warehouse: { type: postgres, url: "\${WAREHOUSE_DATABASE_URL}" }
resources:
  copies:${resource('copies')}${two ? `  others:${resource('others')}` : ''}`,
  );
}

function environmentOf({ shop = database.url, warehouse = database.url }: Urls = {}) {
  return { SHOP_DATABASE_URL: shop, WAREHOUSE_DATABASE_URL: warehouse };
}

function run(): Promise<Ended> {
  return service.pipeline(['run'], environmentOf());
}

/** A run that stands still in its third batch while it is disturbed, and then goes on. */
function disturbed(disturb: Disturb, urls?: Urls): Promise<Ended> {
  return disturbedRun(service, environmentOf(urls), THIRD_BATCH, disturb);
}

async function copied(): Promise<number> {
  const [row] = await database.sql<{ rows: number }>('SELECT count(*)::int AS rows FROM public.copies');
  return row?.rows ?? 0;
}

async function fallSilent(): Promise<undefined> {
  proxy.fallSilent();
}

/** Stops the processes of the server that serve the sink of the run: they hold their connections and do nothing. */
async function stopSink(): Promise<void> {
  const rows = await database.sql<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'copy/%' AND datname = current_database()
       AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')`,
  );
  expect(rows).toHaveLength(1);
  for (const { pid } of rows) {
    process.kill(pid, 'SIGSTOP');
    stopped.add(pid);
  }
}

function letSinkGoOn(): void {
  for (const pid of stopped) {
    try {
      process.kill(pid, 'SIGCONT');
    } catch {
      // It has ended in the meantime.
    }
  }
  stopped.clear();
}

async function expectAllThere(): Promise<void> {
  const [sums] = await database.sql(
    'SELECT count(*)::int AS rows, count(DISTINCT id)::int AS ids, sum(id)::text AS sum FROM public.copies',
  );
  expect(sums).toEqual({ rows: ROWS, ids: ROWS, sum: String((ROWS * (ROWS + 1)) / 2) });
  const { stdout } = await service.pipeline(['dlq', 'list', '--json'], environmentOf());
  expect(JSON.parse(stdout)).toEqual([]);
}

test('a sink that stands still for a while is given up, called again, and gets every record once', async () => {
  configure('sink: 2s, retry: 1m');
  const { code, stderr } = await disturbed(async (run) => {
    await stopSink();
    const before = await copied();
    return async () => {
      await printed(run, 'The sink warehouse');
      expect(await copied()).toBe(before);
      letSinkGoOn();
    };
  });
  expect(code, stderr).toBe(0);
  await expectAllThere();
});

test('outage-no-dead-letter: a sink that stays as it is ends the run with 75, and the next one goes on', async () => {
  configure('sink: 3s, retry: 6s');
  const { code, stderr } = await disturbed(async () => {
    await stopSink();
    return undefined;
  });
  expect(stderr).toMatch(/error (TIMEOUT|UNAVAILABLE)/);
  expect(code, stderr).toBe(75);
  expect(await copied()).toBeLessThan(ROWS);
  letSinkGoOn();
  configure('retry: 1m');
  expect((await run()).code).toBe(0);
  await expectAllThere();
});

test('a network that swallows what the source says: it is read on behind the last batch', async () => {
  configure('source: 2s, retry: 1m');
  const { code, stderr } = await disturbed(fallSilent, { shop: database.as({ port: proxy.port }) });
  expect(stderr).toContain('The source shop');
  expect(code, stderr).toBe(0);
  await expectAllThere();
});

test('a network that swallows what the sink says: our session there is ended, and every record is there once', async () => {
  configure('sink: 2s, retry: 1m');
  const { code, stderr } = await disturbed(fallSilent, { warehouse: database.as({ port: proxy.port }) });
  expect(stderr).toContain('The sink warehouse');
  expect(code, stderr).toBe(0);
  await expectAllThere();
});

test('outage-no-dead-letter: a sink that is down ends one resource after the time for retries, and the next one at once', async () => {
  configure('sink: 5s, retry: 3s', { two: true });
  const { code, stderr } = await disturbed(
    async () => {
      proxy.fallSilent();
      proxy.stop();
      return undefined;
    },
    { warehouse: database.as({ port: proxy.port }) },
  );
  expect(code, stderr).toBe(75);
  expect(stderr).toContain('stays down');
  configure('retry: 1m', { two: true });
  expect((await run()).code).toBe(0);
  await expectAllThere();
});

test('a table that another session has locked: the run waits, gives up and leaves no session behind', async () => {
  configure('retry: 1m');
  expect((await run()).code).toBe(0);
  configure('sink: 1s, retry: 2s');
  await database.sql(`INSERT INTO shop.orders VALUES (${ROWS + 1}, 'late', '2026-06-01')`);
  const holder = new Client({ connectionString: database.url });
  await holder.connect();
  await holder.query('BEGIN; LOCK TABLE public.copies IN ACCESS EXCLUSIVE MODE');
  const [{ before } = {}] = await database.sql('SELECT clock_timestamp()::text AS before');
  try {
    const { code, stderr } = await run();
    expect(code, stderr).toBe(75);
    // The sessions of earlier tests may hang behind a proxy that has fallen silent.
    const left = () =>
      database.sql(`SELECT state, query FROM pg_stat_activity
        WHERE application_name LIKE 'copy/%' AND backend_start > '${before}'`);
    await expect.poll(left, { timeout: 30_000, interval: 500 }).toEqual([]);
  } finally {
    await holder.end();
    await database.sql(`DELETE FROM shop.orders WHERE id > ${ROWS}`);
  }
});
