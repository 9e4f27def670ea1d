import { beforeEach, describe, expect, it } from 'vitest';
import type { Row } from '../../../skeleton/base/src/runtime/pipeline/batch.ts';
import { loaderOf, STREAM, useDatabase } from './database.ts';
import { batchOf, load, ORDER, order, orders, run } from './records.ts';

const database = useDatabase();

beforeEach(async () => {
  await database.sql('DROP TABLE IF EXISTS orders, etl_checkpoints CASCADE');
});

async function stored(): Promise<number[]> {
  const rows = await database.sql<{ id: number }>('SELECT order_id::int AS id FROM orders ORDER BY order_id');
  return rows.map(({ id }) => id);
}

describe('append', () => {
  it('creates the table, and writes the checkpoint with each batch', async () => {
    const loader = loaderOf(database.url, 'orders', 'append');
    expect(await loader.schema()).toBeUndefined();
    expect(await loader.checkpoint(STREAM)).toBeUndefined();
    await loader.prepare(ORDER);
    expect(await loader.schema()).toEqual(ORDER);
    expect(await load(loader, batchOf(1, orders(1, 3)))).toEqual({ written: 3, merged: 0, rejections: [] });
    expect(await loader.checkpoint(STREAM)).toEqual({ sequence: 1, position: { after: 1 }, complete: false });
    await load(loader, batchOf(2, [order(4, { total: null, note: "it's" })]));
    await loader.finish(true);
    await loader.close();
    expect(await loader.checkpoint(STREAM)).toEqual({ sequence: 2, position: { after: 2 }, complete: true });
    expect(loader.recordsWritten).toBe(4);
    expect(await database.sql('SELECT * FROM orders ORDER BY order_id')).toEqual([
      { order_id: '1', total: '1.50', note: 'note 1' },
      { order_id: '2', total: '2.50', note: 'note 2' },
      { order_id: '3', total: '3.50', note: 'note 3' },
      { order_id: '4', total: null, note: "it's" },
    ]);
    const { pathname } = new URL(database.url);
    expect(loader.describe()).toBe(`${pathname.slice(1)}.public.orders`);
  });

  it('does not load a batch again that is there already', async () => {
    await run(loaderOf(database.url, 'orders', 'append'), [orders(1, 3)]);
    const loader = loaderOf(database.url, 'orders', 'append');
    await loader.prepare(ORDER);
    expect(await load(loader, batchOf(1, orders(1, 3)))).toMatchObject({ written: 3 });
    await loader.close();
    expect(await stored()).toEqual([1, 2, 3]);
  });

  it('adds columns, and fills in what the table has beside them', async () => {
    await database.sql(`CREATE TABLE orders (order_id bigint PRIMARY KEY, loaded_at timestamptz NOT NULL DEFAULT now(),
      doubled bigint GENERATED ALWAYS AS (order_id * 2) STORED, number int GENERATED ALWAYS AS IDENTITY)`);
    const loader = loaderOf(database.url, 'orders', 'append');
    expect((await loader.schema())?.fields.map(({ name, nullable }) => [name, nullable])).toEqual([
      ['order_id', false],
      ['loaded_at', true],
      ['number', true],
    ]);
    await loader.evolve(ORDER.fields.slice(1));
    await run(loader, [orders(1, 2)]);
    expect(await database.sql('SELECT order_id, total, doubled, number FROM orders')).toEqual([
      { order_id: '1', total: '1.50', doubled: '2', number: 1 },
      { order_id: '2', total: '2.50', doubled: '4', number: 2 },
    ]);
  });

  it('refuses columns that the table lacks or computes', async () => {
    await database.sql('CREATE TABLE orders (order_id bigint, total numeric GENERATED ALWAYS AS (order_id) STORED)');
    const loader = loaderOf(database.url, 'orders', 'append');
    await expect(loader.prepare(ORDER)).rejects.toMatchObject({
      code: 'SCHEMA_DRIFT',
      message: 'public.orders computes its column total.',
    });
    const { fields } = ORDER;
    await expect(loader.prepare({ fields: fields.slice(2) })).rejects.toMatchObject({
      code: 'SCHEMA_DRIFT',
      where: { column: 'note' },
    });
    await loader.close();
  });
});

describe('records that the server refuses', () => {
  it('are told of one by one, and all others are loaded', async () => {
    await database.sql(`CREATE TABLE orders (order_id bigint PRIMARY KEY, total numeric(12,2) CHECK (total < 500),
      note varchar(9)); INSERT INTO orders VALUES (7)`);
    const loader = loaderOf(database.url, 'orders', 'append');
    await loader.prepare(ORDER);
    const rows: Row[] = orders(1, 1000).map((row) => ({ ...row, total: '1' }));
    rows[99] = order(100, { total: '600' });
    rows[199] = order(200, { note: 'too long for nine' });
    rows[299] = order(300, { note: 'NUL \u0000' });
    rows[399] = order(5);
    const { rejections, written } = await load(loader, batchOf(1, rows));
    await loader.close();
    expect(rejections.map(({ rowNumber, column, message }) => [rowNumber, column, message])).toEqual([
      [7, undefined, expect.stringContaining('Key (order_id)=(7) already exists (SQLSTATE 23505)')],
      [100, undefined, expect.stringContaining('violates check constraint "orders_total_check"')],
      [200, 'note', expect.stringContaining('value too long for type character varying(9)')],
      [300, 'note', expect.stringContaining('invalid byte sequence')],
      [400, undefined, expect.stringContaining('Key (order_id)=(5) already exists')],
    ]);
    expect(rejections[2]?.record).toEqual(rows[199]);
    expect(written).toBe(995);
    expect(await stored()).toHaveLength(996);
  });

  it('are found by halving where the server does not say which it was', async () => {
    await database.sql(`CREATE TABLE customers (id bigint PRIMARY KEY); INSERT INTO customers SELECT generate_series(1, 90);
      CREATE TABLE orders (order_id bigint PRIMARY KEY REFERENCES customers DEFERRABLE INITIALLY DEFERRED,
        total numeric, note text)`);
    const loader = loaderOf(database.url, 'orders', 'append');
    await loader.prepare(ORDER);
    const { rejections, written } = await load(
      loader,
      batchOf(1, [...orders(1, 60), order(91), ...orders(61, 90), order(92)]),
    );
    await loader.close();
    await database.sql('ALTER TABLE orders DROP CONSTRAINT orders_order_id_fkey; DROP TABLE customers');
    expect(rejections.map(({ rowNumber }) => rowNumber)).toEqual([61, 92]);
    expect(written).toBe(90);
  });

  it('are not loaded, and nothing else of their batch, when they are too many for the budget', async () => {
    await database.sql('CREATE TABLE orders (order_id bigint PRIMARY KEY, total numeric, note text)');
    const loader = loaderOf(database.url, 'orders', 'append');
    await loader.prepare(ORDER);
    const tooMany = new Error('too many');
    const failing = loader.load(batchOf(1, [order(1), order(1)]), () => Promise.reject(tooMany));
    await expect(failing).rejects.toMatchObject({ cause: tooMany });
    await loader.close();
    expect(await stored()).toEqual([]);
    expect(await loader.checkpoint(STREAM)).toBeUndefined();
  });

  it('include those whose values do not fit the columns of the table', async () => {
    await database.sql('CREATE TABLE orders (order_id int NOT NULL, total numeric(12,2), note text)');
    const loader = loaderOf(database.url, 'orders', 'append');
    await loader.prepare(ORDER);
    const { rejections } = await load(loader, batchOf(1, [order(1), order(2 ** 31), order(3)]));
    await loader.close();
    expect(rejections).toMatchObject([{ rowNumber: 2, column: 'order_id', record: { order_id: 2 ** 31 } }]);
    expect(await stored()).toEqual([1, 3]);
  });
});

describe('merge', () => {
  const key = { key: ['order_id'] };

  it('creates the table with its key, and keeps the last of several records', async () => {
    const loader = loaderOf(database.url, 'orders', 'merge', key);
    await loader.prepare(ORDER);
    const first = [order(1), order(2), order(1, { note: 'second' }), order(1, { note: 'last' })];
    expect(await load(loader, batchOf(1, first))).toMatchObject({ written: 2, merged: 2 });
    expect(await load(loader, batchOf(2, [order(3), order(2, { total: null, note: 'changed' })]))).toMatchObject({
      written: 2,
      merged: 0,
    });
    await loader.finish(true);
    await loader.close();
    expect(await database.sql('SELECT order_id, total, note FROM orders ORDER BY order_id')).toEqual([
      { order_id: '1', total: '1.50', note: 'last' },
      { order_id: '2', total: null, note: 'changed' },
      { order_id: '3', total: '3.50', note: 'note 3' },
    ]);
  });

  it('takes a key of several columns, and a table of nothing but its key', async () => {
    const schema = { fields: ORDER.fields.slice(0, 2) };
    const loader = loaderOf(database.url, 'orders', 'merge', { key: ['total', 'order_id'] });
    await run(
      loader,
      [
        [order(1), order(2)],
        [order(1), order(1, { total: '9.99' })],
      ],
      schema,
    );
    expect(await stored()).toEqual([1, 1, 2]);
  });

  it('rejects the records that break a constraint', async () => {
    await database.sql(
      `CREATE TABLE orders (order_id bigint PRIMARY KEY, total numeric, note text CHECK (note <> 'bad'))`,
    );
    const loader = loaderOf(database.url, 'orders', 'merge', key);
    await loader.prepare(ORDER);
    const batch = batchOf(1, [...orders(1, 50), order(51, { note: 'bad' }), order(52)]);
    expect(await load(loader, batch)).toMatchObject({ written: 51, merged: 0, rejections: [{ rowNumber: 51 }] });
    await loader.close();
  });

  it('refuses a key that no unique index has', async () => {
    await database.sql('CREATE TABLE orders (order_id bigint, total numeric, note text)');
    const loader = loaderOf(database.url, 'orders', 'merge', key);
    const refusal = { code: 'CONFIGURATION', hint: expect.stringContaining('CREATE UNIQUE INDEX') };
    await expect(loader.prepare(ORDER)).rejects.toMatchObject(refusal);
    await loader.close();
    expect(await loader.check()).toContainEqual(expect.objectContaining({ ok: false, code: 'CONFIGURATION' }));
  });
});

describe('a second run of the same stream', () => {
  it('is refused while the first one is loading, and welcome afterwards', async () => {
    const first = loaderOf(database.url, 'orders', 'append');
    await first.prepare(ORDER);
    const second = loaderOf(database.url, 'orders', 'append');
    await expect(second.prepare(ORDER)).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining(STREAM),
    });
    await first.close();
    await second.prepare(ORDER);
    await second.close();
  });

  it('is refused when the first one loaded something since the second one asked where to begin', async () => {
    await run(loaderOf(database.url, 'orders', 'append'), [orders(1, 2)]);
    const late = loaderOf(database.url, 'orders', 'append');
    await late.checkpoint(STREAM);
    await run(loaderOf(database.url, 'orders', 'append'), [orders(3, 4)]);
    await expect(late.prepare(ORDER)).rejects.toMatchObject({ code: 'LOCKED' });
    await late.close();
  });

  it('of another stream may load the same table at the same time', async () => {
    const first = loaderOf(database.url, 'orders', 'append');
    const other = loaderOf(database.url, 'orders', 'append', { stream: 'shop/others' });
    await Promise.all([first.prepare(ORDER), other.prepare(ORDER)]);
    await Promise.all([
      load(first, batchOf(1, orders(1, 5))),
      load(other, batchOf(1, orders(6, 9), ORDER, 'shop/others')),
    ]);
    await Promise.all([first.close(), other.close()]);
    expect(await stored()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
