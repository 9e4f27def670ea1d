import { beforeAll, describe, expect, it } from 'vitest';
import { extractorOf, loaderOf, readAll, rowsOf, useDatabase } from './database.ts';

const database = useDatabase();

beforeAll(async () => {
  await database.sql(`
    CREATE TABLE by_number (id bigint PRIMARY KEY, updated_at timestamptz NOT NULL);
    INSERT INTO by_number SELECT n - 500, '2026-01-01'::timestamptz + n * interval '1 second' FROM generate_series(1, 1000) AS n;
    INSERT INTO by_number VALUES (-9223372036854775808, '2026-01-01'), (9223372036854775807, '2026-01-02');
    CREATE TABLE by_numbers (tenant smallint, id int, PRIMARY KEY (tenant, id));
    INSERT INTO by_numbers SELECT n / 100 - 5, n FROM generate_series(1, 1000) AS n;
    CREATE TABLE by_text (id text PRIMARY KEY);
    INSERT INTO by_text SELECT 'Bestellung Nr. ' || n || ' ✓' FROM generate_series(1, 1000) AS n;
    CREATE TABLE by_uuid (id uuid PRIMARY KEY);
    INSERT INTO by_uuid SELECT md5(n::text)::uuid FROM generate_series(1, 1000) AS n;
    CREATE TABLE by_mixture (id numeric, day date, PRIMARY KEY (day, id));
    INSERT INTO by_mixture SELECT n / 3.0, '2026-01-01'::date + n % 7 FROM generate_series(1, 1000) AS n;
    CREATE TABLE with_nulls (id int, name text);
    INSERT INTO with_nulls SELECT nullif(n % 5, 0), nullif('n' || n % 3, 'n1') FROM generate_series(1, 1000) AS n`);
});

function identify(rows: readonly Readonly<Record<string, unknown>>[]): string[] {
  return rows.map((row) => Object.values(row).map(String).join()).toSorted();
}

const TABLES: [string, readonly string[] | undefined][] = [
  ['by_number', undefined],
  ['by_numbers', undefined],
  ['by_text', undefined],
  ['by_uuid', undefined],
  ['by_mixture', undefined],
  ['with_nulls', ['id']],
  ['with_nulls', ['name', 'id']],
];

describe.each([2, 3, 7, 32])('%i shards', (count) => {
  it.each(TABLES)('of %s (key %j) hold each record once', async (table, key) => {
    const whole = identify(rowsOf(await readAll(extractorOf(database.url, { table }))));
    const parts: string[][] = [];
    for (let index = 0; index < count; index++) {
      const shard = { index, count, ...(key && { key }) };
      parts.push(identify(rowsOf(await readAll(extractorOf(database.url, { table }, { shard })))));
    }
    expect(parts.flat().toSorted()).toEqual(whole);
    if (key === undefined) expect(parts.every((part) => part.length > 5)).toBe(true);
  });
});

it('a shard of an incremental read goes on behind each of its batches', async () => {
  const incremental = { cursor: 'updated_at', key: ['id'] };
  const extractor = extractorOf(
    database.url,
    { table: 'by_number' },
    { incremental, batchSize: 100, shard: { index: 1, count: 3 } },
  );
  const batches = await readAll(extractor);
  expect(batches.length).toBeGreaterThan(2);
  for (const [index, { identity }] of batches.entries()) {
    const rest = await readAll(extractor, identity.position, identity.sequence + 1);
    expect(rest.map((batch) => batch.rows())).toEqual(batches.slice(index + 1).map((batch) => batch.rows()));
  }
});

it('records stay in their shard with every version: others would lose and double records', async () => {
  const [first] = await readAll(extractorOf(database.url, { table: 'by_text' }, { shard: { index: 0, count: 32 } }));
  expect(first?.rows().slice(0, 3)).toMatchInlineSnapshot(`
    [
      {
        "id": "Bestellung Nr. 152 ✓",
      },
      {
        "id": "Bestellung Nr. 170 ✓",
      },
      {
        "id": "Bestellung Nr. 28 ✓",
      },
    ]
  `);
});

it('a query without a key, and a view, cannot be split', async () => {
  const shard = { index: 0, count: 2 };
  const query = 'SELECT * FROM by_number';
  const [, found] = await extractorOf(database.url, { query }, { shard }).check();
  expect(found).toMatchObject({ ok: false, code: 'CONFIGURATION' });
  const rows = rowsOf(await readAll(extractorOf(database.url, { query }, { shard: { ...shard, key: ['id'] } })));
  expect(rows.length).toBeGreaterThan(400);
});

it('a run of the whole and one of a shard do not write at the same time', async () => {
  const schema = { fields: [{ name: 'id', type: { kind: 'int64' as const }, nullable: false }] };
  const shard = loaderOf(database.url, 'copies', 'append', { stream: 'shop/orders#0of2', shardOf: 'shop/orders' });
  const sibling = loaderOf(database.url, 'copies', 'append', { stream: 'shop/orders#1of2', shardOf: 'shop/orders' });
  const whole = loaderOf(database.url, 'copies', 'append', { stream: 'shop/orders' });
  try {
    await Promise.all([shard.prepare(schema), sibling.prepare(schema)]);
    await expect(whole.prepare(schema)).rejects.toMatchObject({ code: 'LOCKED' });
  } finally {
    await Promise.all([shard.close(), sibling.close(), whole.close()]);
  }
});
