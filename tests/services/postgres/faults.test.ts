import { beforeEach, describe, expect, it } from 'vitest';
import type { Batch, Row } from '../../../skeleton/base/src/runtime/pipeline/batch.ts';
import type { PostgresLoader } from '../../../skeleton/connectors/postgres/src/runtime/connectors/postgres/loader.ts';
import { startBreakingProxy } from './breaking-proxy.ts';
import { extractorOf, loaderOf, move, readAll, rowsOf, STREAM, useDatabase } from './database.ts';
import { batchOf, load, ORDER, order, orders } from './records.ts';

const database = useDatabase();

beforeEach(async () => {
  await database.sql('DROP TABLE IF EXISTS orders, orders__staging, etl_checkpoints CASCADE');
});

/** Ends the connections of the stream as an administrator, a crash or a broken network would. */
async function killConnections(condition = 'true'): Promise<number> {
  const rows = await database.sql(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE application_name = '${STREAM}' AND datname = current_database() AND ${condition}`,
  );
  return rows.length;
}

async function stored(): Promise<Row[]> {
  return database.sql('SELECT order_id, total, note FROM orders ORDER BY order_id');
}

/** Tries once more after each transient failure, as a run does. */
async function persist<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 20) throw error;
      expect(error).toMatchObject({ code: 'UNAVAILABLE' });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

describe.each(['append', 'merge', 'replace'] as const)('%s', (mode) => {
  const open = () => loaderOf(database.url, 'orders', mode, { key: ['order_id'] });

  it('goes on after its connection was ended between two batches', async () => {
    const loader = open();
    await loader.prepare(ORDER);
    for (let sequence = 1; sequence <= 3; sequence++) {
      const batch = batchOf(sequence, orders(10 * sequence, 10 * sequence + 9));
      await persist(() => load(loader, batch));
      expect(await killConnections()).toBe(1);
    }
    await persist(() => loader.finish(true));
    await loader.close();
    expect((await stored()).map(({ order_id }) => Number(order_id))).toEqual(
      Array.from({ length: 30 }, (_, i) => 10 + i),
    );
    expect(await loader.checkpoint(STREAM)).toEqual({ sequence: 3, position: { after: 3 }, complete: true });
  });

  it('goes on after its connection was ended in the middle of a COPY', async () => {
    const loader = open();
    await loader.prepare(ORDER);
    const large = orders(1, 100_000).map((row) => ({ ...row, note: 'x'.repeat(200) }));
    const batch = batchOf(1, large);
    const failing = load(loader, batch);
    const outcome = expect(failing).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect.poll(() => killConnections("query LIKE '%COPY%'"), { interval: 2 }).toBe(1);
    await outcome;
    expect(await persist(() => load(loader, batch))).toMatchObject({ written: 100_000 });
    await loader.finish(true);
    await loader.close();
    expect(
      await database.sql('SELECT count(*)::int AS rows, count(DISTINCT order_id)::int AS ids FROM orders'),
    ).toEqual([{ rows: 100_000, ids: 100_000 }]);
  });

  it.each(['before', 'after'] as const)(
    'is there once when the connection breaks just %s the commit',
    async (moment) => {
      const proxy = await startBreakingProxy(Number(new URL(database.url).port));
      const loader = loaderOf(database.as({ port: proxy.port }), 'orders', mode, { key: ['order_id'] });
      await loader.prepare(ORDER);
      const batch = batchOf(1, [order(1), order(2), order(3, { note: 'NUL \u0000' })]);
      const rejected: unknown[] = [];
      proxy.breakAtCommit(moment);
      const once = () =>
        loader.load(batch, async (rejections) => {
          rejected.push(...rejections);
        });
      await expect(once()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      expect(await persist(once)).toEqual({ written: 2, merged: 0 });
      expect(rejected).toHaveLength(1);
      expect(loader.recordsWritten).toBe(2);
      await loader.finish(true);
      await loader.close();
      proxy.stop();
      expect((await stored()).map(({ order_id }) => order_id)).toEqual(['1', '2']);
    },
  );
});

describe.each(['append', 'replace'] as const)('the end of a run: %s', (mode) => {
  it.each(['before', 'after'] as const)('comes once when the connection breaks just %s its commit', async (moment) => {
    const proxy = await startBreakingProxy(Number(new URL(database.url).port));
    const loader = loaderOf(database.as({ port: proxy.port }), 'orders', mode);
    await loader.prepare(ORDER);
    await load(loader, batchOf(1, orders(1, 3)));
    proxy.breakAtCommit(moment);
    await persist(() => loader.finish(true));
    await loader.close();
    proxy.stop();
    expect(await stored()).toHaveLength(3);
    const after = loaderOf(database.url, 'orders', mode);
    expect(await after.checkpoint(STREAM)).toEqual({ sequence: 1, position: { after: 1 }, complete: true });
  });
});

describe('a run that dies after any of its batches', () => {
  it.each(['append', 'merge'] as const)(
    'leaves, after the next run, what an undisturbed one leaves: %s',
    async (mode) => {
      await database.sql(`DROP TABLE IF EXISTS source; CREATE TABLE source AS
      SELECT n::bigint AS order_id, (n / 3.0)::numeric(12,2) AS total, 'note ' || n AS note,
        '2026-01-01'::timestamptz + (n / 4) * interval '1 second' AS at FROM generate_series(1, 50) AS n`);
      const source = () =>
        extractorOf(
          database.url,
          { table: 'source' },
          { batchSize: 7, incremental: { cursor: 'at', key: ['order_id'] } },
        );
      const open = (): PostgresLoader => loaderOf(database.url, 'orders', mode, { key: ['order_id'] });
      for (let batches = 0; batches <= 8; batches++) {
        await database.sql('DROP TABLE IF EXISTS orders, etl_checkpoints');
        const dying = open();
        await dying.prepare(await source().schema());
        for (const batch of (await readAll(source())).slice(0, batches)) await load(dying, batch);
        await killConnections();
        await move(source(), open());
        const all = await database.sql('SELECT * FROM orders ORDER BY order_id');
        expect(all).toEqual(await database.sql('SELECT * FROM source ORDER BY order_id'));
      }
    },
  );
});

describe('a source whose connection is ended in the middle', () => {
  it('says so, and goes on behind the last batch', async () => {
    await database.sql(`DROP TABLE IF EXISTS long; CREATE TABLE long AS
      SELECT n AS id, repeat(md5(n::text), 10) AS text FROM generate_series(1, 100000) AS n;
      ALTER TABLE long ADD PRIMARY KEY (id)`);
    const extractor = extractorOf(database.url, { table: 'long' });
    const batches: Batch[] = [];
    const reading = (async () => {
      for await (const batch of extractor.extract({ firstSequence: 1 })) {
        batches.push(batch);
        if (batches.length === 5) await killConnections();
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const last = batches.at(-1)?.identity;
    batches.push(...(await readAll(extractor, last?.position, (last?.sequence ?? 0) + 1)));
    expect(rowsOf(batches).map(({ id }) => id)).toEqual(Array.from({ length: 100_000 }, (_, index) => index + 1));
  });
});
