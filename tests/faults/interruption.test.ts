import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { useDatabase } from '../services/postgres/database.ts';
import { disturbedRun } from './disturbed-run.ts';
import { renderServices, type Service } from './service.ts';

const ROWS = 40_000;
const BATCH_ROWS = 2_000;
/** Two batches are committed. */
const THIRD_BATCH = { step: 'batch loaded', occurrence: 3 };
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
    .replace('batchSize: 20000', `batchSize: ${BATCH_ROWS}`)
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
  const { code, stderr } = await disturbedRun(service, environment, THIRD_BATCH, async (run) => {
    run.kill('SIGTERM');
    return undefined;
  });
  expect(stderr).toContain('INTERRUPTED');
  expect(code).toBe(75);
  const committed = await database.sql('SELECT FROM public.orders');
  expect(committed.length).toBeGreaterThan(2 * BATCH_ROWS);
  expect(committed.length).toBeLessThan(ROWS / 2);
  expect((await service.pipeline(['run'], environment)).code).toBe(0);
  await expectCompleteContents();
});

test('a second run of the same resource is refused, here and from another machine', async () => {
  const { code } = await disturbedRun(service, environment, THIRD_BATCH, async () => {
    const elsewhere = service.copy();
    rmSync(elsewhere.path('data/state'), { recursive: true, force: true });
    const [second, other] = await Promise.all([
      service.pipeline(['run'], environment),
      elsewhere.pipeline(['run'], environment),
    ]);
    elsewhere.remove();
    expect(second).toMatchObject({ code: 75, stderr: expect.stringContaining('LOCKED') });
    expect(other).toMatchObject({ code: 75, stderr: expect.stringContaining('LOCKED') });
    return undefined;
  });
  expect(code).toBe(0);
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
