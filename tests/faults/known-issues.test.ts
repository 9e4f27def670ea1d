import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { extractorOf, loaderOf, move, useDatabase, useServer } from '../services/postgres/database.ts';
import { deltaSink, folderSink, type Sink } from './kill/sinks.ts';
import { Random } from './random.ts';
import { ended, renderServices, type Service } from './service.ts';

// What other tools of this kind have lost, each as its own test. Issues as their threads describe them.

const server = useServer();
const shop = useDatabase(server);
const warehouse = useDatabase(server);
let rendered: Service;
let service: Service;
let environment: Record<string, string>;
const sessions: Client[] = [];

beforeAll(async () => {
  [rendered] = (await renderServices([{ sources: ['postgres'], sinks: ['files', 'delta', 'postgres'] }])) as [Service];
  environment = {
    SHOP_DATABASE_URL: shop.url,
    WAREHOUSE_DATABASE_URL: warehouse.url,
    LOG_LEVEL: 'silent',
  };
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

async function session(): Promise<Client> {
  const client = new Client({ connectionString: shop.url });
  await client.connect();
  sessions.push(client);
  return client;
}

const SINKS = {
  postgres: 'connection: warehouse, table: public.events',
  delta: 'connection: lake, table: orders',
  files: 'connection: exports, table: orders, format: parquet',
} as const;

/** Moves `events` of the shop into a sink. */
function pipeline(
  sink: keyof typeof SINKS,
  mode: string,
  { incremental, table = 'events', batchSize = 100 }: { incremental?: string; table?: string; batchSize?: number },
): void {
  writeFileSync(
    service.path('pipeline.yaml'),
    `name: known-issues
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
`,
  );
}

async function run(...options: string[]): Promise<void> {
  const { code, stderr } = await service.pipeline(['run', ...options], environment);
  expect(stderr).toBe('');
  expect(code).toBe(0);
}

async function expectEqualContents(): Promise<void> {
  const all = 'SELECT id::text, created::text, writer FROM events ORDER BY id, created';
  expect(await warehouse.sql(all)).toEqual(await shop.sql(all));
}

describe('late-commits-found, dlt 2269: records that were committed after a run, with a cursor before its last one', () => {
  test.each(['created', 'id'])('are not missed, the cursor being %s', async (cursor) => {
    pipeline('postgres', 'mode: append', { incremental: `{ cursor: ${cursor}, key: [id] }` });
    const slow = await session();
    await slow.query('BEGIN; INSERT INTO events (writer) VALUES (1)');
    await shop.sql('INSERT INTO events DEFAULT VALUES');
    await run();
    await slow.query('INSERT INTO events (writer) VALUES (1); COMMIT');
    await run();
    await expectEqualContents();
    await run();
    await expectEqualContents();
  });
});

describe('ties-kept, airbyte 15427: a run that dies between records with the same cursor', () => {
  test('goes on behind the last record that was committed, and not behind the last cursor', async () => {
    await shop.sql(`INSERT INTO events (created) SELECT '2026-01-01'::timestamptz + (n / 700) * interval '1 s'
      FROM generate_series(1, 1500) AS n`);
    pipeline('postgres', 'mode: append', { incremental: '{ cursor: created, key: [id] }', batchSize: 3 });
    const loaded = async () => {
      const [row] = await warehouse.sql<{ made: boolean }>("SELECT to_regclass('events') IS NOT NULL AS made");
      if (!row?.made) return 0;
      return (await warehouse.sql('SELECT 1 FROM events')).length;
    };
    for (const enough of [100, 500, 900]) {
      const child = service.start(['run'], environment);
      const end = ended(child);
      while ((await loaded()) < enough) await delay(2);
      child.kill('SIGKILL');
      await end;
      expect(await loaded()).toBeLessThan(1500);
    }
    await run();
    await expectEqualContents();
  });
});

describe('late-commits-found, airbyte 85918, 80152, 84400: records that are committed while a run looks for its last cursor', () => {
  test('are not missed and not doubled, whoever writes meanwhile', async () => {
    await shop.sql(`DROP TABLE IF EXISTS accounts; CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL,
      changed timestamptz)`);
    await warehouse.sql(`DROP TABLE IF EXISTS accounts; CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL,
      changed timestamptz)`);
    let writing = true;
    const write = async (writer: number) => {
      const random = new Random(writer);
      const client = await session();
      while (writing) {
        await client.query('BEGIN');
        await client.query(
          `INSERT INTO events (writer) SELECT ${writer} FROM generate_series(1, ${random.between(1, 5)})`,
        );
        if (random.next() < 0.3) {
          const outcome = random.next() < 0.5 ? 'RELEASE' : 'ROLLBACK TO';
          await client.query(`SAVEPOINT part; INSERT INTO events (writer) VALUES (-${writer}); ${outcome} part`);
        }
        await client.query(`INSERT INTO accounts VALUES (${writer * 100 + random.between(0, 20)}, 1, now())
          ON CONFLICT (id) DO UPDATE SET balance = accounts.balance + 1, changed = ${random.next() < 0.5 ? 'now()' : 'accounts.changed'}`);
        await delay(random.between(0, 40));
        await client.query(random.next() < 0.9 ? 'COMMIT' : 'ROLLBACK');
      }
    };
    const writers = Promise.all([1, 2, 3, 4, 5, 6].map(write));
    const read = async (lag?: { seconds: number }) => {
      const events = { cursor: 'created', key: ['id'], ...(lag && { lag }) };
      const accounts = { cursor: 'changed', key: ['id'], merges: true };
      await move(
        extractorOf(shop.url, { table: 'events' }, { stream: 'events', batchSize: 7, incremental: events }),
        loaderOf(warehouse.url, 'events', 'append', { stream: 'events' }),
        'events',
      );
      await move(
        extractorOf(shop.url, { table: 'accounts' }, { stream: 'accounts', batchSize: 7, incremental: accounts }),
        loaderOf(warehouse.url, 'accounts', 'merge', { stream: 'accounts', key: ['id'] }),
        'accounts',
      );
    };
    try {
      for (let round = 0; round < 25; round += 1) await read(round % 2 === 0 ? undefined : { seconds: 60 });
    } finally {
      writing = false;
      await writers;
    }
    await read();
    await expectEqualContents();
    const balances = 'SELECT id, balance, changed::text FROM accounts ORDER BY id';
    expect(await warehouse.sql(balances)).toEqual(await shop.sql(balances));
  });
});

describe('old-contents-kept, dlt 3025: a table that is replaced', () => {
  const contents: Record<keyof typeof SINKS, () => Sink> = {
    postgres: () => ({
      reset: async () => {},
      contents: async () => {
        const rows = await warehouse.sql<{ record: string }>('SELECT to_jsonb(events)::text AS record FROM events');
        return rows.map(({ record }) => record).toSorted();
      },
    }),
    delta: () => deltaSink(service),
    files: () => folderSink(service, { source: 'postgres', sink: 'files', mode: 'replace', records: 'as they are' }),
  };

  test.each(['postgres', 'delta', 'files'] as const)(
    'shows the old contents until all new ones are there, in %s, when a reload fails, when it is killed, when it succeeds',
    async (name) => {
      await shop.sql(`INSERT INTO events (writer) SELECT 0 FROM generate_series(1, 3000);
        CREATE VIEW reload AS SELECT id, created, 1000 / (2999 - id)::int AS writer FROM events;
        -- takes 3 s, however fast the machine is
        CREATE VIEW slow AS SELECT id, created, CASE WHEN id % 100 > 0 OR pg_sleep(0.1) IS NOT NULL THEN 7 END AS writer
          FROM events`);
      pipeline(name, 'mode: replace', {});
      const sink = contents[name]();
      await run();
      const old = await sink.contents();
      expect(old).toHaveLength(3000);
      const seen = new Set<string>();
      let reading = true;
      let reads = 0;
      const reader = (async () => {
        while (reading) {
          const found = JSON.stringify(await sink.contents());
          if (reading) seen.add(found);
          reads += 1;
          await delay(5);
        }
      })();
      await shop.sql('UPDATE events SET writer = 7');
      pipeline(name, 'mode: replace', { table: 'reload' });
      const failed = await service.pipeline(['run'], environment);
      expect(failed.stderr).toContain('division by zero');
      expect(failed.code).toBe(1);
      pipeline(name, 'mode: replace', { table: 'slow' });
      for (const milliseconds of [600, 900, 1100]) {
        const child = service.start(['run'], environment);
        const end = ended(child);
        await delay(milliseconds);
        child.kill('SIGKILL');
        await end;
      }
      const before = reads;
      while (reads < before + 3) await delay(5);
      reading = false;
      await reader;
      expect([...seen].map((found) => found === JSON.stringify(old))).toEqual([true]);
      pipeline(name, 'mode: replace', {});
      await watchSwap(sink, old ?? []);
      await run();
      const now = await sink.contents();
      expect(now).toHaveLength(3000);
      expect(now?.every((record) => /"writer": ?7/.test(record))).toBe(true);
    },
  );

  /** Nobody sees anything but all of the old records or all of the new ones while a table takes the place of another. */
  async function watchSwap(sink: Sink, old: readonly string[]): Promise<void> {
    const lengths = new Set<number>();
    const versions = new Set<string>();
    let reading = true;
    const reader = (async () => {
      while (reading) {
        const found = (await sink.contents()) ?? [];
        lengths.add(found.length);
        versions.add(JSON.stringify(found.map((record) => /"writer": ?(\d)/.exec(record)?.[1])));
      }
    })();
    await run();
    await run();
    reading = false;
    await reader;
    expect([...lengths]).toEqual([old.length]);
    for (const version of versions) expect(new Set(JSON.parse(version)).size).toBe(1);
  }
});

describe('a full refresh', () => {
  test('of a sink that appends replaces its contents in one step, and the next run goes on incrementally', async () => {
    await shop.sql('INSERT INTO events (writer) SELECT 1 FROM generate_series(1, 500)');
    pipeline('postgres', 'mode: append', { incremental: '{ cursor: created, key: [id] }' });
    await run();
    await shop.sql('DELETE FROM events WHERE id % 2 = 0; INSERT INTO events (writer) VALUES (2)');
    await run('--full-refresh');
    await expectEqualContents();
    await shop.sql('INSERT INTO events (writer) VALUES (3)');
    await run();
    await expectEqualContents();
  });

  test.each(['delta', 'files'] as const)('of a sink of type %s, too', async (name) => {
    await shop.sql('INSERT INTO events (writer) SELECT 1 FROM generate_series(1, 500)');
    pipeline(name, 'mode: append', { incremental: '{ cursor: created, key: [id] }' });
    await run();
    await shop.sql('DELETE FROM events WHERE id > 400');
    await run('--full-refresh');
    await shop.sql('INSERT INTO events (writer) VALUES (2), (3)');
    await run();
    const route = { source: 'postgres', sink: name, mode: 'append', records: 'as they are' } as const;
    const found = await (name === 'delta' ? deltaSink(service) : folderSink(service, route)).contents();
    expect(found).toHaveLength(402);
  });

  test('that is killed leaves the old contents, and merges go on with it', async () => {
    await shop.sql('INSERT INTO events (writer) SELECT 1 FROM generate_series(1, 2000)');
    pipeline('postgres', 'mode: append', { incremental: '{ cursor: created, key: [id] }', batchSize: 2 });
    await run();
    await shop.sql('DELETE FROM events WHERE id > 1000');
    const child = service.start(['run', '--full-refresh'], environment);
    const end = ended(child);
    const staging = "SELECT 1 FROM pg_class WHERE relname = 'events__staging'";
    while ((await warehouse.sql(staging)).length === 0) await delay(2);
    child.kill('SIGKILL');
    await end;
    expect(await warehouse.sql('SELECT 1 FROM events')).toHaveLength(2000);
    await run();
    expect(await warehouse.sql('SELECT 1 FROM events')).toHaveLength(2000);
    await run('--full-refresh');
    await expectEqualContents();
  });

  test('is refused where it would remove the records of others', async () => {
    pipeline('postgres', 'mode: append', { incremental: '{ cursor: created, key: [id] }' });
    writeFileSync(
      service.path('pipeline.yaml'),
      `
  others:
    source: { connection: shop, table: events }
    sink: { connection: warehouse, table: public.events }
    incremental: { cursor: created, key: [id] }
`,
      { flag: 'a' },
    );
    const { code, stderr } = await service.pipeline(['run', 'events', '--full-refresh'], environment);
    expect(stderr).toContain('would remove the records that others wrote into the same sink');
    expect(code).toBe(64);
  });

  test('is the way out for a position of another order', async () => {
    await shop.sql('INSERT INTO events (writer) SELECT 1 FROM generate_series(1, 10)');
    pipeline('postgres', 'mode: replace', {});
    await run();
    pipeline('postgres', 'mode: append', { incremental: '{ cursor: created, key: [id] }' });
    const { code, stderr } = await service.pipeline(['run'], environment);
    expect(stderr).toContain('which is no position in the order of created, id');
    expect(stderr).toContain('--full-refresh');
    expect(code).toBe(64);
    await run('--full-refresh');
    await shop.sql('INSERT INTO events (writer) VALUES (2)');
    await run();
    await expectEqualContents();
  });
});
