import { createServer } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { extractorOf, loaderOf, readAll, useDatabase } from './database.ts';
import { ORDER } from './records.ts';

const database = useDatabase();
const PASSWORD = 'S3cret-word';

beforeAll(async () => {
  await database.sql(`
    CREATE TABLE orders (order_id bigint PRIMARY KEY, total numeric, note text);
    DROP ROLE IF EXISTS errors_stranger; CREATE ROLE errors_stranger LOGIN PASSWORD '${PASSWORD}'`);
});

/** Every way in which a connector meets its server. */
const WAYS: readonly [string, (url: string, table: string) => Promise<unknown>][] = [
  ['reading', (url, table) => readAll(extractorOf(url, { table }))],
  ['asking for columns', (url, table) => extractorOf(url, { table }).schema()],
  ['preparing', (url, table) => loaderOf(url, table, 'append').prepare(ORDER)],
  ['asking for a checkpoint', (url, table) => loaderOf(url, table, 'append').checkpoint('shop/orders')],
];

async function failureOf(work: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await work;
  } catch (error) {
    expect(JSON.stringify([error, String(error)])).not.toContain(PASSWORD);
    return error as Record<string, unknown>;
  }
  throw new Error('It worked.');
}

describe.each(WAYS)('%s', (_way, work) => {
  it('with a wrong password is denied, without saying the password', async () => {
    const failure = await failureOf(work(database.as({ password: `${PASSWORD}-wrong` }), 'orders'));
    expect(failure).toMatchObject({ code: 'ACCESS_DENIED', message: expect.stringContaining('user postgres') });
  });

  it('from a port where nobody listens is worth another try', async () => {
    const failure = await failureOf(work(database.as({ port: '1', password: PASSWORD }), 'orders'));
    expect(failure).toMatchObject({ code: 'UNAVAILABLE' });
    expect(failure.message).toBe('PostgreSQL at 127.0.0.1:1: Cannot connect (ECONNREFUSED).');
  });

  it('from a database that is not there names it', async () => {
    const failure = await failureOf(work(database.as({ database: 'nowhere' }), 'orders'));
    expect(failure).toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('"nowhere"') });
  });
});

describe('a table', () => {
  it('that is not there is named', async () => {
    const failure = await failureOf(readAll(extractorOf(database.url, { table: 'sales.orderz' })));
    expect(failure).toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('sales.orderz') });
  });

  it('that may not be read is named', async () => {
    const url = database.as({ user: 'errors_stranger', password: PASSWORD });
    const failure = await failureOf(readAll(extractorOf(url, { table: 'orders' })));
    expect(failure).toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringMatching(/permission denied for table orders.*user errors_stranger/),
    });
    const checks = await extractorOf(url, { table: 'orders' }).check();
    expect(checks.map(({ name, ok, code }) => [name, ok, code])).toEqual([
      ['connect', true, undefined],
      ['read public.orders', false, 'ACCESS_DENIED'],
    ]);
  });

  it('that may not be written or created is found out before anything is moved', async () => {
    const url = database.as({ user: 'errors_stranger', password: PASSWORD });
    const [, write] = await loaderOf(url, 'orders', 'merge', { key: ['order_id'] }).check();
    expect(write).toMatchObject({
      ok: false,
      code: 'ACCESS_DENIED',
      detail: expect.stringContaining('may not INSERT, UPDATE, SELECT on public.orders'),
    });
    const [, create] = await loaderOf(url, 'others', 'append').check();
    expect(create).toMatchObject({
      ok: false,
      detail: expect.stringContaining('may not create tables in schema public'),
    });
    const [, schema] = await loaderOf(url, 'nowhere.others', 'append').check();
    expect(schema).toMatchObject({ ok: false, code: 'NOT_FOUND' });
  });

  it('without the cursor that is configured has its columns listed', async () => {
    const incremental = { cursor: 'updated', key: ['order_id'] };
    const failure = await failureOf(readAll(extractorOf(database.url, { table: 'orders' }, { incremental })));
    expect(failure).toMatchObject({
      code: 'NOT_FOUND',
      message: 'public.orders has no column updated; it has order_id, total, note.',
    });
  });
});

describe('a query', () => {
  it.each([
    ['SELECT * FORM orders', 'CONFIGURATION'],
    ['SELECT * FROM orderz', 'NOT_FOUND'],
    ['SELECT 1 AS a, 2 AS a', 'CONFIGURATION'],
    ['SELECT 1 / (n - 5) AS x FROM generate_series(1, 9) AS n', 'REJECTED'],
    ['SELECT 1) TO STDOUT; DROP TABLE orders; --', 'CONFIGURATION'],
    ['DELETE FROM orders RETURNING *', 'CONFIGURATION'],
  ])('%s fails with %s', async (query, code) => {
    expect(await failureOf(readAll(extractorOf(database.url, { query })))).toMatchObject({ code });
    expect(await database.sql("SELECT to_regclass('orders') IS NOT NULL AS there")).toEqual([{ there: true }]);
  });
});

describe('a server', () => {
  it('that accepts connections and never answers is given up', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = String(typeof address === 'object' ? address?.port : '');
    const failure = await failureOf(extractorOf(database.as({ port }), { table: 'orders' }).schema());
    expect(failure).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('Cannot connect') });
    silent.close();
  });

  it('without TLS is refused where the URL asks for TLS', async () => {
    const failure = await failureOf(extractorOf(`${database.url}?sslmode=verify-full`, { table: 'orders' }).schema());
    expect(failure).toMatchObject({ code: 'CONFIGURATION', message: expect.stringContaining('does not support SSL') });
  });

  it('answers to good checks', async () => {
    const checks = [
      ...(await extractorOf(database.url, { table: 'orders' }).check()),
      ...(await loaderOf(database.url, 'orders', 'replace').check()),
    ];
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(checks.map(({ name }) => name)).toEqual([
      'connect',
      'read public.orders',
      'connect',
      'write public.orders',
      'checkpoints',
    ]);
  });
});
