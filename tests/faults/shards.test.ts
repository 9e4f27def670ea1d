import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { useDatabase } from '../services/postgres/database.ts';
import { type Ended, ended, renderServices, type Service } from './service.ts';

const ROWS = 30_000;
const FILES = 12;
const shop = useDatabase();
const warehouse = useDatabase();
let fromShop: Service;
let fromFiles: Service;
let service: Service;
let environment: Record<string, string>;

beforeAll(async () => {
  [fromShop, fromFiles] = (await renderServices([
    { sources: ['postgres'], sinks: ['postgres'], shards: 2, schemaEvolution: 'auto' },
    { sources: ['files'], sinks: ['delta', 'files'], shards: 2 },
  ])) as [Service, Service];
  await shop.sql(`
    CREATE TABLE orders (order_id bigint PRIMARY KEY, customer_id bigint, country text, currency text, quantity int,
      unit_price numeric(12,2), status text, ordered_at timestamptz, updated_at timestamptz);
    INSERT INTO orders
    SELECT n, n % 97, CASE n % 1000 WHEN 500 THEN 'nowhere' ELSE 'DE' END, 'EUR', 2, 19.99, 'paid',
      '2026-01-01', '2026-01-01'::timestamptz + (n / 7) * interval '1 second'
    FROM generate_series(1, ${ROWS}) AS n`);
  for (const file of ['2026-01.csv', '2026-02.csv', '2026-03.ndjson'])
    rmSync(fromFiles.path('data/landing/orders', file));
  const header = 'order_id,customer_id,country,currency,quantity,unit_price,status,ordered_at,updated_at';
  for (let file = 0; file < FILES; file++) {
    const lines = Array.from({ length: ROWS / FILES }, (_, index) => {
      const id = file * (ROWS / FILES) + index + 1;
      return `${id},7,${id % 1000 === 500 ? 'nowhere' : 'DE'},EUR,2,19.99,paid,2026-01-05T09:00:00Z,2026-01-05T10:00:00Z`;
    });
    writeFileSync(fromFiles.path(`data/landing/orders/${file}.csv`), `${[header, ...lines].join('\n')}\n`);
  }
  environment = { SHOP_DATABASE_URL: shop.url, WAREHOUSE_DATABASE_URL: warehouse.url };
});
beforeEach(async () => {
  await warehouse.sql('DROP TABLE IF EXISTS public.orders, public.etl_checkpoints');
});
afterAll(() => {
  for (const made of [fromShop, fromFiles, service]) made?.remove();
});

function use(rendered: Service, ...edits: [RegExp | string, string][]): void {
  service?.remove();
  service = rendered.copy();
  edit([/batchSize: 20000/g, 'batchSize: 500'], [/max: 100/g, 'max: 1000'], ...edits);
}

function edit(...edits: [RegExp | string, string][]): void {
  const yaml = service.path('pipeline.yaml');
  let text = readFileSync(yaml, 'utf8');
  for (const [from, to] of edits) {
    expect(text).toMatch(from);
    text = text.replace(from, to);
  }
  writeFileSync(yaml, text);
}

const APPEND: [string, string] = ['mode: merge, key: [order_id]', 'mode: append'];

/** What an undisturbed run of one process leaves: each record once, each bad one in one file of dead letters. */
async function expectContents(rows = ROWS): Promise<void> {
  await expectTable(rows);
  expect(deadLetterIds()).toEqual(Array.from({ length: Math.floor(rows / 1000) }, (_, index) => index * 1000 + 500));
}

async function expectTable(rows = ROWS): Promise<void> {
  const [table] = await warehouse.sql<{ rows: number; ids: number; sum: string }>(
    'SELECT count(*)::int AS rows, count(DISTINCT order_id)::int AS ids, sum(order_id)::text AS sum FROM public.orders',
  );
  const ids = Array.from({ length: rows }, (_, index) => index + 1).filter((id) => id % 1000 !== 500);
  expect(table).toEqual({ rows: ids.length, ids: ids.length, sum: String(ids.reduce((sum, id) => sum + id, 0)) });
}

function deadLetterIds(): number[] {
  const folder = service.path('data/dead-letters');
  const lines = readdirSync(folder).flatMap((file) =>
    readFileSync(`${folder}/${file}`, 'utf8')
      .split('\n')
      .filter((line) => line !== ''),
  );
  return lines.map((line) => Number(JSON.parse(line).record.order_id)).toSorted((left, right) => left - right);
}

async function expectComplete(run: Promise<Ended>): Promise<void> {
  const { code, stderr } = await run;
  expect(stderr).not.toMatch(/"level":"error"|error [A-Z_]+:/);
  expect(code).toBe(0);
}

describe.each([2, 3])('PostgreSQL in %i shards', (shards) => {
  test.each([
    ['appended', [APPEND]],
    ['merged', []],
    ['read in full', [APPEND, ['mode: incremental', 'mode: full'], [/\n {4}incremental:.*/, '']]],
  ] satisfies [string, [RegExp | string, string][]][])('%s leaves the same contents', async (_, edits) => {
    use(fromShop, ['shards: 2', `shards: ${shards}`], ...edits);
    await expectComplete(service.pipeline(['run'], environment));
    await expectContents();
  });
});

test('a second run moves what is new, by the key of the record also when it moved in time', async () => {
  use(fromShop);
  await expectComplete(service.pipeline(['run'], environment));
  await shop.sql(`
    UPDATE orders SET quantity = 3, updated_at = '2026-02-01' WHERE order_id % 100 = 7;
    INSERT INTO orders SELECT ${ROWS} + n, 7, 'DE', 'EUR', 2, 19.99, 'paid', '2026-02-01', '2026-02-01'
    FROM generate_series(1, 100) AS n`);
  try {
    const { stdout } = await service.pipeline(['run', '--json'], environment);
    const manifests: { shard: { index: number }; counts: { read: number } }[] = JSON.parse(stdout);
    expect(manifests.map(({ shard }) => shard.index).toSorted()).toEqual([0, 1]);
    expect(manifests.reduce((sum, { counts }) => sum + counts.read, 0)).toBe(ROWS / 100 + 100);
    const [changed] = await warehouse.sql('SELECT count(*)::int AS count FROM public.orders WHERE quantity = 3');
    expect(changed).toEqual({ count: ROWS / 100 });
    await expectContents(ROWS + 100);
  } finally {
    await shop.sql(`
      DELETE FROM orders WHERE order_id > ${ROWS};
      UPDATE orders SET quantity = 2, updated_at = '2026-01-01'::timestamptz + (order_id / 7) * interval '1 second'`);
  }
});

test('a shard that is killed goes on where it stopped, and the others never noticed', {
  timeout: 300_000,
}, async () => {
  use(fromShop, APPEND);
  let kills = 0;
  for (let attempt = 0; attempt < 8; attempt++) {
    const other = ended(service.start(['run', '--shard', '1/2'], environment));
    const child = service.start(['run', '--shard', '0/2'], environment);
    const end = ended(child);
    await delay(600 + attempt * 157);
    child.kill('SIGKILL');
    if ((await end).signal === 'SIGKILL') kills += 1;
    expect((await other).code).toBe(0);
  }
  expect(kills).toBeGreaterThan(2);
  await expectComplete(service.pipeline(['run'], environment));
  await expectContents();
});

test('SIGTERM stops all shards after what is in hand, and the next run goes on', async () => {
  use(fromShop, APPEND);
  await runInterrupted();
  await expectComplete(service.pipeline(['run'], environment));
  await expectContents();
});

test('a resource that was not split is split on its way, and nothing is lost or doubled', async () => {
  use(fromShop, APPEND, ['shards: 2', 'shards: 1']);
  await runInterrupted();
  edit(['shards: 1', 'shards: 3']);
  await expectComplete(service.pipeline(['run'], environment));
  await expectContents();
});

/** A run that is told to stop when the first records are in the sink. */
async function runInterrupted(): Promise<void> {
  const child = service.start(['run'], environment);
  const end = ended(child);
  while (child.exitCode === null && (await rowsWritten()) === 0) await delay(20);
  child.kill('SIGTERM');
  const { code, stderr } = await end;
  expect(code, stderr).toBe(75);
  expect(await rowsWritten()).toBeLessThan(ROWS - 100);
}

async function rowsWritten(): Promise<number> {
  const [made] = await warehouse.sql<{ made: boolean }>("SELECT to_regclass('public.orders') IS NOT NULL AS made");
  if (made?.made !== true) return 0;
  const [counted] = await warehouse.sql<{ rows: number }>('SELECT count(*)::int AS rows FROM public.orders');
  return counted?.rows ?? 0;
}

test('another number of shards is refused before a record moves; a merge may be refreshed', async () => {
  use(fromShop);
  await expectComplete(service.pipeline(['run'], environment));
  edit(['shards: 2', 'shards: 3']);
  const refused = await service.pipeline(['run'], environment);
  expect(refused.code).toBe(64);
  expect(refused.stderr).toContain('orders was moved in 2 shards, and their positions say nothing about 3 shards.');
  const one = await service.pipeline(['run', '--shard', '0/2'], environment);
  expect(one.code).toBe(64);
  expect(one.stderr).toContain('counts on 2 processes, and pipeline.yaml on 3');
  await expectContents();
  await expectComplete(service.pipeline(['run', '--full-refresh'], environment));
  await expectTable();
  await expectComplete(service.pipeline(['run'], environment));
  edit(['shards: 3', 'shards: 1']);
  expect((await service.pipeline(['run'], environment)).code).toBe(64);
});

test('a table without a primary key is not split when it is read in full', async () => {
  await shop.sql('CREATE TABLE loose AS SELECT * FROM orders LIMIT 10');
  use(
    fromShop,
    APPEND,
    ['table: public.orders }\n    sink', 'table: public.loose }\n    sink'],
    ['mode: incremental', 'mode: full'],
  );
  const { code, stderr } = await service.pipeline(['run'], environment);
  expect(code).toBe(64);
  expect(stderr).toContain('has no primary key that says which shard a record is in');
  const preflight = await service.pipeline(['preflight'], environment);
  expect(preflight.code).toBe(64);
  expect(preflight.stdout).toContain('has no primary key');
});

test('files go into Delta and Parquet by several processes at once, and status tells of each', async () => {
  use(fromFiles);
  await expectComplete(service.pipeline(['run'], {}));
  const { stdout } = await service.pipeline(['status', '--json'], {});
  const standings: { resource: string; shard: { index: number }; lastRun: { counts: { written: number } } }[] =
    JSON.parse(stdout);
  for (const resource of ['orders', 'orders_to_files']) {
    const shards = standings.filter((standing) => standing.resource === resource);
    expect(shards.map(({ shard }) => shard.index)).toEqual([0, 1]);
    const written = shards.map(({ lastRun }) => lastRun.counts.written);
    expect(Math.min(...written)).toBeGreaterThan(0);
    expect(written.reduce((sum, count) => sum + count, 0)).toBe(ROWS - ROWS / 1000);
  }
  expect(deadLetterIds()).toHaveLength(2 * (ROWS / 1000));
  edit([/shards: 2/g, 'shards: 3']);
  const refused = await service.pipeline(['run'], {});
  expect(refused.code).toBe(64);
});

test('after one run that replaces everything, appended files go on in any number of shards', async () => {
  use(fromFiles);
  await expectComplete(service.pipeline(['run'], {}));
  const whole: [RegExp, string][] = [
    [/shards: 2/g, 'shards: 1'],
    [/mode: incremental/g, 'mode: full'],
    [/mode: append/g, 'mode: replace'],
  ];
  edit(...whole);
  await expectComplete(service.pipeline(['run'], {}));
  edit(
    ...whole.map(([, to], index): [RegExp, string] => [
      new RegExp(to, 'g'),
      ['shards: 3', 'mode: incremental', 'mode: append'][index] ?? '',
    ]),
  );
  const { stdout, code } = await service.pipeline(['run', '--json'], {});
  expect(code).toBe(0);
  const manifests: { counts: { read: number } }[] = JSON.parse(stdout);
  expect(manifests).toHaveLength(6);
  expect(manifests.reduce((sum, { counts }) => sum + counts.read, 0)).toBe(0);
});

test('a file that was mended is replayed by the shard that refused it', async () => {
  use(fromFiles);
  await expectComplete(service.pipeline(['run', 'orders'], {}));
  const list = await service.pipeline(['dlq', 'list', '--resource', 'orders'], {});
  expect(list.stdout).toMatch(/orders#0of2/);
  expect(list.stdout).toMatch(/orders#1of2/);
  const replay = await service.pipeline(['dlq', 'replay', '--json'], {});
  const results: { shard: { index: number }; failed: unknown[] }[] = JSON.parse(replay.stdout);
  expect(results.map(({ shard }) => shard.index)).toEqual([0, 1]);
  expect(results.flatMap(({ failed }) => failed)).toHaveLength(ROWS / 1000);
});
