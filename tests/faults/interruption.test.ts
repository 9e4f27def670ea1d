import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { useDatabase } from '../services/postgres/database.ts';
import { ended, renderServices, type Service } from './service.ts';

const ROWS = 40_000;
const database = useDatabase();
let rendered: Service;
let service: Service;
let environment: Record<string, string>;

beforeAll(async () => {
  [rendered] = (await renderServices([{ sources: ['files'], sinks: ['postgres'] }])) as [Service];
  for (const file of ['2026-01.csv', '2026-02.csv', '2026-03.ndjson'])
    rmSync(rendered.path('data/landing/orders', file));
  const header = 'order_id,customer_id,country,currency,quantity,unit_price,status,ordered_at,updated_at';
  const lines = Array.from({ length: ROWS }, (_, index) => {
    const country = index % 1000 === 500 ? 'nowhere' : 'DE';
    return `${index + 1},7,${country},EUR,2,19.99,paid,2026-01-05T09:00:00Z,2026-01-05T10:00:00Z`;
  });
  writeFileSync(rendered.path('data/landing/orders/orders.csv'), `${[header, ...lines].join('\n')}\n`);
  const yaml = rendered.path('pipeline.yaml');
  const appending = readFileSync(yaml, 'utf8')
    .replace('mode: merge, key: [order_id]', 'mode: append')
    .replace('batchSize: 20000', 'batchSize: 2000')
    .replace('max: 100', 'max: 1000');
  writeFileSync(yaml, appending);
  environment = { WAREHOUSE_DATABASE_URL: database.url };
});
beforeEach(async () => {
  service?.remove();
  service = rendered.copy();
  await database.sql('DROP TABLE IF EXISTS public.orders, public.etl_checkpoints');
});
afterAll(() => {
  service.remove();
  rendered.remove();
});

async function exists(table: string): Promise<boolean> {
  const [row] = await database.sql<{ made: boolean }>('SELECT to_regclass($1) IS NOT NULL AS made', [
    `public.${table}`,
  ]);
  return row?.made === true;
}

/** What an undisturbed run leaves. */
async function expectCompleteContents(): Promise<void> {
  const rows = await database.sql(
    'SELECT count(*)::int AS rows, count(DISTINCT order_id)::int AS orders, sum(order_id)::bigint::text AS sum FROM public.orders',
  );
  const ids = Array.from({ length: ROWS }, (_, index) => index + 1).filter((id) => id % 1000 !== 501);
  expect(rows).toEqual([{ rows: ids.length, orders: ids.length, sum: String(ids.reduce((sum, id) => sum + id, 0)) }]);
  const letters = readFileSync(service.path('data/dead-letters/orders.ndjson'), 'utf8').trimEnd().split('\n');
  const numbers = letters.map((line) => JSON.parse(line).rowNumber);
  expect(numbers.toSorted((left: number, right: number) => left - right)).toEqual(
    Array.from({ length: ROWS / 1000 }, (_, index) => index * 1000 + 501),
  );
}

test('SIGTERM commits what is in hand, exits 75, and the next run goes on', async () => {
  const child = service.start(['run'], environment);
  const end = ended(child);
  const committed = async (): Promise<number> => {
    if (!(await exists('orders'))) return 0;
    const [row] = await database.sql<{ count: number }>('SELECT count(*)::int AS count FROM public.orders');
    return row?.count ?? 0;
  };
  while ((await committed()) === 0) await delay(5);
  child.kill('SIGTERM');
  const { code, stderr } = await end;
  expect(stderr).toContain('INTERRUPTED');
  expect(code).toBe(75);
  expect(await committed()).toBeLessThan(ROWS);
  expect((await service.pipeline(['run'], environment)).code).toBe(0);
  await expectCompleteContents();
});

test('a second run of the same resource is refused, here and from another machine', async () => {
  const child = service.start(['run'], environment);
  const end = ended(child);
  while (!(await exists('etl_checkpoints'))) await delay(5);
  // However fast it is: it holds its locks until the others have met them.
  child.kill('SIGSTOP');
  const elsewhere = service.copy();
  rmSync(elsewhere.path('data/state'), { recursive: true, force: true });
  const [second, other] = await Promise.all([
    service.pipeline(['run'], environment),
    elsewhere.pipeline(['run'], environment),
  ]);
  child.kill('SIGCONT');
  elsewhere.remove();
  expect(second).toMatchObject({ code: 75, stderr: expect.stringContaining('LOCKED') });
  expect(other).toMatchObject({ code: 75, stderr: expect.stringContaining('LOCKED') });
  expect((await end).code).toBe(0);
  await expectCompleteContents();
});

test.each([
  { what: 'a wrong password', change: { password: 'not-the-password' }, message: /ACCESS_DENIED/ },
  { what: 'a missing database', change: { database: 'nowhere' }, message: /NOT_FOUND/ },
])('$what: a clear message without the secret', async ({ change, message }) => {
  const url = database.as(change);
  const run = await service.pipeline(['run'], { WAREHOUSE_DATABASE_URL: url });
  expect(run.stderr).toMatch(message);
  expect(run.code).toBe(1);
  expect(run.stdout + run.stderr).not.toContain(new URL(url).password);
});
