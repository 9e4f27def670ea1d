import { beforeAll, describe, expect, it } from 'vitest';
import { extractorOf, readAll, rowsOf, useDatabase } from './database.ts';

const database = useDatabase();

const INCREMENTAL = { cursor: 'updated_at', key: ['order_id'] };

beforeAll(async () => {
  await database.sql(`
    CREATE TABLE orders (order_id bigint PRIMARY KEY, total numeric(12,2), note text, updated_at timestamptz);
    -- ten records share each moment, and each moment has microseconds
    INSERT INTO orders SELECT n, n / 7.0, 'note ' || n, '2026-01-01'::timestamptz + (n / 10) * interval '1.000001 second'
    FROM generate_series(1, 1000) AS n`);
});

function ids(rows: readonly Readonly<Record<string, unknown>>[]): unknown[] {
  return rows.map((row) => row.order_id);
}

const ALL = Array.from({ length: 1000 }, (_, index) => index + 1);

describe('a full read', () => {
  it('delivers all records in the order of the primary key, in batches that count up', async () => {
    const extractor = extractorOf(database.url, { table: 'public.orders' }, { batchSize: 300 });
    const batches = await readAll(extractor, undefined, 5);
    expect(batches.map((batch) => [batch.identity.sequence, batch.size, batch.rowNumber(0)])).toEqual([
      [5, 300, 1],
      [6, 300, 301],
      [7, 300, 601],
      [8, 100, 901],
    ]);
    expect(ids(rowsOf(batches))).toEqual(ALL);
    expect(batches[0]?.rows()[0]).toEqual({
      order_id: 1,
      total: '0.14',
      note: 'note 1',
      updated_at: '2026-01-01T00:00:00Z',
    });
    expect(extractor.recordsRead).toBe(1000);
    expect(batches.reduce((bytes, batch) => bytes + batch.bytes, 0)).toBeGreaterThan(30_000);
  });

  it('goes on behind each of its batches, without a gap and without doubling', async () => {
    const extractor = extractorOf(database.url, { table: 'orders' }, { batchSize: 130 });
    const batches = await readAll(extractor);
    for (const [index, { identity }] of batches.entries()) {
      const rest = await readAll(extractor, identity.position, identity.sequence + 1);
      expect(rest.map((batch) => [batch.identity, batch.rows()])).toEqual(
        batches.slice(index + 1).map((batch) => [batch.identity, batch.rows()]),
      );
    }
  });

  it('without a primary key cannot go on where it stopped, and says what to do', async () => {
    const extractor = extractorOf(database.url, { query: 'SELECT * FROM orders' }, { batchSize: 600 });
    const [first] = await readAll(extractor);
    await expect(readAll(extractor, first?.identity.position)).rejects.toMatchObject({
      code: 'UNREADABLE',
      hint: expect.stringContaining('mode: replace'),
    });
  });

  it('of an empty table delivers nothing', async () => {
    await database.sql('CREATE TABLE nothing (id int PRIMARY KEY)');
    expect(await readAll(extractorOf(database.url, { table: 'nothing' }))).toEqual([]);
  });

  it('of 1 MB values cuts batches by their bytes', async () => {
    await database.sql(`CREATE TABLE large AS SELECT n AS id, repeat(chr(200 + n % 50), 524288) AS text
      FROM generate_series(1, 70) AS n; ALTER TABLE large ALTER text SET STORAGE EXTERNAL, ADD PRIMARY KEY (id)`);
    const batches = await readAll(extractorOf(database.url, { table: 'large' }));
    expect(batches.map((batch) => batch.size)).toEqual([32, 32, 6]);
    const lengths = rowsOf(batches).map(({ id, text }) => [id, String(text).length, String(text).codePointAt(0)]);
    expect(lengths).toEqual(ALL.slice(0, 70).map((n) => [n, 524_288, 200 + (n % 50)]));
  });

  it('delivers a row that is larger than everything else in one piece', async () => {
    await database.sql(`CREATE TABLE huge AS SELECT 1 AS id, repeat('0123456789abcdef', 3145728) AS text`);
    const [row] = rowsOf(await readAll(extractorOf(database.url, { table: 'huge' })));
    expect(String(row?.text).length).toBe(50_331_648);
  });
});

describe('an incremental read', () => {
  it('goes on behind each of its batches, also between records with the same cursor', async () => {
    const extractor = extractorOf(database.url, { table: 'orders' }, { batchSize: 37, incremental: INCREMENTAL });
    const batches = await readAll(extractor);
    expect(ids(rowsOf(batches))).toEqual(ALL);
    for (const [index, { identity }] of batches.entries()) {
      const rest = await readAll(extractor, identity.position, identity.sequence + 1);
      expect(rest.map((batch) => batch.identity)).toEqual(batches.slice(index + 1).map((batch) => batch.identity));
      expect(ids(rowsOf(rest))).toEqual(ALL.slice(37 * (index + 1)));
    }
    expect(batches[2]?.identity.position).toMatchObject({
      rows: 111,
      reading: { passed: { updated_at: '2026-01-01T00:00:11.000011Z', order_id: '111' } },
    });
    expect(batches.at(-1)?.identity.position).toMatchObject({
      rows: 1000,
      after: { updated_at: '2026-01-01T00:01:40.000100Z', order_id: '1000' },
    });
    expect(batches.at(-1)?.identity.position).not.toHaveProperty('reading');
  });

  it('brings later what was changed since', async () => {
    await database.sql('CREATE TABLE changing (LIKE orders INCLUDING ALL); INSERT INTO changing TABLE orders');
    const extractor = extractorOf(database.url, { table: 'changing' }, { incremental: INCREMENTAL });
    const last = (await readAll(extractor)).at(-1)?.identity.position;
    expect(await readAll(extractor, last)).toEqual([]);
    await database.sql(`UPDATE changing SET note = 'changed', updated_at = '2026-02-01' WHERE order_id IN (3, 77);
      INSERT INTO changing VALUES (1001, 1, 'same moment as the last one', (SELECT max(updated_at) FROM orders))`);
    expect(ids(rowsOf(await readAll(extractor, last)))).toEqual([1001, 3, 77]);
  });

  it('knows how old the newest record is', async () => {
    await database.sql(`CREATE TABLE aged (id int PRIMARY KEY, at timestamp NOT NULL);
      INSERT INTO aged VALUES (1, (now() - interval '2 hours') AT TIME ZONE 'UTC'), (2, '2026-01-01')`);
    const extractor = extractorOf(database.url, { table: 'aged' }, { incremental: { cursor: 'at', key: ['id'] } });
    const [batch] = await readAll(extractor);
    expect(Math.round((extractor.lagSeconds(batch?.identity.position ?? {}) ?? 0) / 60)).toBe(120);
  });

  it('delivers the columns that are asked for, whatever it needs for its order', async () => {
    const extractor = extractorOf(database.url, { table: 'orders' }, { incremental: INCREMENTAL, columns: ['note'] });
    expect((await extractor.schema()).fields.map(({ name }) => name)).toEqual(['note']);
    const [batch] = await readAll(extractor);
    expect(batch?.rows()[0]).toEqual({ note: 'note 1' });
    expect(batch?.identity.position.after).toEqual({ updated_at: '2026-01-01T00:01:40.000100Z', order_id: '1000' });
  });

  it.each([
    ['numeric', "'-0.00000000000000000000000000001'", "'99999999999999999999999999999999.5'"],
    ['double precision', "'-Infinity'", '0.1'],
    ['date', "'0044-03-15 BC'", "'12345-01-01'"],
    ['timestamptz', "'0044-03-15 12:00:00.000001 BC'", "'12345-01-01 00:00:00.000001'"],
    ['text', String.raw`E'it''s \\ "quoted"'`, "'ünïcödé 🚚'"],
    ['uuid', "'00000000-0000-0000-0000-000000000000'", "'ffffffff-0123-4567-89ab-cdef01234567'"],
    ['inet', "'9.0.0.1'", "'10.0.0.1'"],
    ['bytea', String.raw`'\x00'`, String.raw`'\xff'`],
  ])('takes %s as a cursor, exactly', async (type, low, high) => {
    const extractor = extractorOf(
      database.url,
      { query: `SELECT id, value FROM (VALUES (1, (${low})::${type}), (2, (${high})::${type})) AS v (id, value)` },
      { batchSize: 1, incremental: { cursor: 'value', key: ['id'] } },
    );
    const batches = await readAll(extractor);
    expect(rowsOf(batches).map(({ id }) => id)).toEqual([1, 2]);
    expect(rowsOf(await readAll(extractor, batches[0]?.identity.position)).map(({ id }) => id)).toEqual([2]);
    expect(await readAll(extractor, batches[1]?.identity.position)).toEqual([]);
  });

  it('refuses a position that another read left behind', async () => {
    const extractor = extractorOf(database.url, { table: 'orders' }, { incremental: INCREMENTAL });
    await expect(readAll(extractor, { rows: 3, after: { order_id: '3' } })).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('order of updated_at, order_id'),
    });
  });
});

describe('names', () => {
  it('are quoted, whatever they hold', async () => {
    const evil = `a"b'; DROP TABLE orders; --`;
    const quoted = `"${evil.replaceAll('"', '""')}"`;
    await database.sql(`CREATE SCHEMA ${quoted}; CREATE TABLE ${quoted}.${quoted} (${quoted} int PRIMARY KEY, "ümlaut X" text);
      INSERT INTO ${quoted}.${quoted} VALUES (1, 'a'), (2, 'b')`);
    const extractor = extractorOf(
      database.url,
      { table: `${quoted}.${quoted}` },
      { batchSize: 1, incremental: { cursor: evil, key: ['ümlaut X'] } },
    );
    expect((await extractor.check()).every(({ ok }) => ok)).toBe(true);
    const batches = await readAll(extractor);
    expect(rowsOf(batches)).toEqual([
      { [evil]: 1, 'ümlaut X': 'a' },
      { [evil]: 2, 'ümlaut X': 'b' },
    ]);
    expect(rowsOf(await readAll(extractor, batches[0]?.identity.position))).toHaveLength(1);
  });
});

describe('stopping', () => {
  it('ends the read at the server when the signal comes', async () => {
    const stop = new AbortController();
    const query = 'SELECT n, repeat(md5(n::text), 20) AS text FROM generate_series(1, 3000000) AS n';
    const extractor = extractorOf(database.url, { query }, { stream: 'shop/stopped' });
    let batches = 0;
    for await (const batch of extractor.extract({ firstSequence: 1, signal: stop.signal })) {
      expect(batch.size).toBe(1000);
      if (++batches === 3) stop.abort();
    }
    expect(batches).toBeLessThan(6);
    await expect.poll(() => runningQueries('shop/stopped')).toBe(0);
  });

  it('lets the server wait while nobody takes a batch, and ends the read when the loop is left', async () => {
    const query = 'SELECT n, repeat(md5(n::text), 20) AS text FROM generate_series(1, 3000000) AS n';
    const extractor = extractorOf(database.url, { query }, { stream: 'shop/left' });
    for await (const _ of extractor.extract({ firstSequence: 1 })) {
      await expect
        .poll(() => database.sql("SELECT wait_event FROM pg_stat_activity WHERE application_name = 'shop/left'"))
        .toEqual([{ wait_event: 'ClientWrite' }]);
      break;
    }
    await expect.poll(() => runningQueries('shop/left')).toBe(0);
  });
});

async function runningQueries(application: string): Promise<number> {
  const rows = await database.sql('SELECT 1 FROM pg_stat_activity WHERE application_name = $1', [application]);
  return rows.length;
}

describe('what a run wants to know beforehand', () => {
  it('estimates the records to come', async () => {
    const extractor = extractorOf(database.url, { table: 'orders' }, { batchSize: 100, incremental: INCREMENTAL });
    expect(await extractor.estimate()).toBe(1000);
    const [batch] = await readAll(extractor);
    expect(await extractor.estimate(batch?.identity.position)).toBe(900);
  });

  it('does not count a large table for the sake of a progress bar', async () => {
    await database.sql(`CREATE TABLE wide (id int PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), filler text);
      INSERT INTO wide SELECT n, now(), repeat('x', 1500) FROM generate_series(1, 60000) AS n; ANALYZE wide`);
    const extractor = extractorOf(database.url, { table: 'wide' }, { incremental: { cursor: 'at', key: ['id'] } });
    expect(await extractor.estimate()).toBeGreaterThan(10_000);
    const last = (await readAll(extractor)).at(-1)?.identity.position;
    expect(await extractor.estimate(last)).toBeUndefined();
  });

  it('says that no index gives the order', async () => {
    await database.sql('CREATE TABLE unordered (id int NOT NULL, at timestamptz NOT NULL)');
    const context = { incremental: { cursor: 'at', key: ['id'] } };
    const [, , order, late] = await extractorOf(database.url, { table: 'unordered' }, context).check();
    expect(order).toEqual({
      name: 'order of public.unordered',
      ok: true,
      detail: 'by at, id; no index on (at, id): each run reads and sorts the whole table',
    });
    expect(late).toEqual({ name: 'late commits in public.unordered', ok: true, detail: 'found in the whole table' });
    await database.sql('CREATE INDEX ON unordered (at, id)');
    const [, , indexed] = await extractorOf(database.url, { table: 'unordered' }, context).check();
    expect(indexed?.detail).toBe('by at, id');
  });
});
