import { beforeEach, describe, expect, it } from 'vitest';
import { loaderOf, STREAM, useDatabase } from './database.ts';
import { batchOf, load, ORDER, order, orders, run } from './records.ts';

const database = useDatabase();

beforeEach(async () => {
  await database.sql('DROP TABLE IF EXISTS orders, orders__staging, items, etl_checkpoints CASCADE');
});

async function stored(table = 'orders'): Promise<number[]> {
  const rows = await database.sql<{ id: number }>(`SELECT order_id::int AS id FROM ${table} ORDER BY order_id`);
  return rows.map(({ id }) => id);
}

async function tableNames(): Promise<string[]> {
  const rows = await database.sql<{ name: string }>(
    "SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i') ORDER BY 1",
  );
  return rows.map(({ name }) => name);
}

function replacing() {
  return loaderOf(database.url, 'orders', 'replace');
}

async function oid(): Promise<number | undefined> {
  const [row] = await database.sql<{ oid: number }>("SELECT 'orders'::regclass::oid AS oid");
  return row?.oid;
}

describe('replace', () => {
  it('shows the old records until the last one is loaded, then the new ones', async () => {
    await run(replacing(), [orders(1, 3)]);
    const loader = replacing();
    expect(await loader.checkpoint(STREAM)).toMatchObject({ sequence: 1, complete: true });
    await loader.prepare(ORDER);
    await load(loader, batchOf(2, orders(10, 12)));
    await load(loader, batchOf(3, orders(13, 14)));
    expect(await stored()).toEqual([1, 2, 3]);
    await loader.finish(true);
    await loader.close();
    expect(await stored()).toEqual([10, 11, 12, 13, 14]);
    expect(await loader.checkpoint(STREAM)).toEqual({ sequence: 3, position: { after: 3 }, complete: true });
  });

  it('of nothing empties the table', async () => {
    await run(replacing(), [orders(1, 3)]);
    await run(replacing(), []);
    expect(await stored()).toEqual([]);
  });

  it('that is stopped or dies leaves the old records, and the next one starts over', async () => {
    await run(replacing(), [orders(1, 3)]);
    await run(replacing(), [orders(10, 12)], ORDER, false);
    expect(await tableNames()).not.toContain('orders__staging');
    const dying = replacing();
    await dying.prepare(ORDER);
    await load(dying, batchOf(2, orders(20, 22)));
    await dying.close();
    expect(await stored()).toEqual([1, 2, 3]);
    expect(await dying.checkpoint(STREAM)).toEqual({ sequence: 1, position: { after: 1 }, complete: true });
    await run(replacing(), [orders(30, 32)]);
    expect(await stored()).toEqual([30, 31, 32]);
    const streams = await database.sql('SELECT stream, sequence FROM etl_checkpoints');
    expect(streams).toEqual([{ stream: STREAM, sequence: '2' }]);
  });

  it('keeps owner, grants, constraints and the names of indexes', async () => {
    await database.sql(`
      DROP ROLE IF EXISTS replace_reader; CREATE ROLE replace_reader;
      CREATE TABLE orders (order_id bigint PRIMARY KEY, total numeric(12,2) CHECK (total > 0), note text DEFAULT 'none');
      CREATE INDEX by_note ON orders (note) WHERE note <> ''; CREATE UNIQUE INDEX by_total ON orders (total);
      GRANT SELECT, UPDATE ON orders TO replace_reader; GRANT SELECT ON orders TO PUBLIC;
      COMMENT ON COLUMN orders.note IS 'for people'`);
    const facts = `SELECT relacl::text[], (SELECT array_agg(pg_get_indexdef(indexrelid)::text ORDER BY 1) FROM pg_index
      WHERE indrelid = t.oid) AS indexes, col_description(t.oid, 3) AS comment,
      (SELECT array_agg(conname::text || pg_get_constraintdef(oid) ORDER BY 1) FROM pg_constraint
      WHERE conrelid = t.oid) AS constraints FROM pg_class AS t WHERE t.oid = 'orders'::regclass`;
    const [before, table] = [await database.sql(facts), await oid()];
    await run(replacing(), [orders(1, 3)]);
    await run(replacing(), [orders(4, 5)]);
    expect(await oid()).not.toBe(table);
    expect(await database.sql(facts)).toEqual(before);
    expect(await stored()).toEqual([4, 5]);
    await database.sql('DROP OWNED BY replace_reader; DROP ROLE replace_reader');
  });

  it.each([
    ['a view', 'CREATE VIEW all_orders AS SELECT order_id FROM orders', 'all_orders'],
    [
      'a trigger',
      `CREATE OR REPLACE FUNCTION ignore() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER watch BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION ignore()`,
      'orders',
    ],
    ['a sequence', 'CREATE SEQUENCE counter OWNED BY orders.order_id', 'orders'],
    ['a policy', 'ALTER TABLE orders ENABLE ROW LEVEL SECURITY', 'orders'],
  ])('keeps the table itself where %s hangs on it', async (_what, statement, readFrom) => {
    await database.sql(`CREATE TABLE orders (order_id bigint PRIMARY KEY, total numeric, note text); ${statement}`);
    const table = await oid();
    await run(replacing(), [orders(1, 3)]);
    await run(replacing(), [orders(2, 5)]);
    expect(await oid()).toBe(table);
    expect(await stored(readFrom)).toEqual([2, 3, 4, 5]);
    expect(await tableNames()).not.toContain('orders__staging');
  });

  it('keeps what other tables refer to', async () => {
    await run(replacing(), [orders(1, 3)]);
    await database.sql(`ALTER TABLE orders ADD PRIMARY KEY (order_id);
      CREATE TABLE items (order_id bigint REFERENCES orders ON DELETE CASCADE); INSERT INTO items VALUES (1), (2), (3)`);
    await run(replacing(), [[order(2, { note: 'new' }), order(3), order(4)]]);
    expect(await stored()).toEqual([2, 3, 4]);
    expect(await stored('items')).toEqual([2, 3]);
    expect(await database.sql('SELECT note FROM orders WHERE order_id = 2')).toEqual([{ note: 'new' }]);
  });

  it('refuses the records that break a constraint, and takes the others', async () => {
    await database.sql('CREATE TABLE orders (order_id bigint PRIMARY KEY, total numeric, note text)');
    const loader = replacing();
    await loader.prepare(ORDER);
    expect(await load(loader, batchOf(1, [order(1), order(2), order(1)]))).toMatchObject({
      written: 2,
      rejections: [{ rowNumber: 3 }],
    });
    await loader.finish(true);
    await loader.close();
    expect(await stored()).toEqual([1, 2]);
  });

  it('takes table names as long as PostgreSQL allows', async () => {
    const name = 'ü'.repeat(31);
    await run(loaderOf(database.url, `"${name}"`, 'replace'), [orders(1, 2)]);
    await run(loaderOf(database.url, `"${name}"`, 'replace'), [orders(3, 4)]);
    expect(await stored(`"${name}"`)).toEqual([3, 4]);
  });
});
