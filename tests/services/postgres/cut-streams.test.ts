import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CuttingProxy, type Direction, startCuttingProxy } from './cutting-proxy.ts';
import { extractorOf, loaderOf, move, useDatabase } from './database.ts';

const database = useDatabase();
let proxy: CuttingProxy;

beforeAll(async () => {
  await database.sql(`
    CREATE TABLE source AS SELECT n AS id, (n / 3.0)::numeric(12,2) AS total, repeat('note ', n % 7) || n AS note,
      NULLIF(n % 3, 0) AS maybe, jsonb_build_object('n', n) AS document FROM generate_series(1, 60) AS n;
    ALTER TABLE source ADD PRIMARY KEY (id)`);
  proxy = await startCuttingProxy(Number(new URL(database.url).port));
});

afterAll(() => proxy.stop());

/** One run of the resource, each of its ends straight or through the proxy. */
async function run(sourceUrl: string, sinkUrl: string, asTheyAre: boolean): Promise<void> {
  const loader = loaderOf(sinkUrl, 'orders', 'append');
  try {
    expect(
      await move(extractorOf(sourceUrl, { table: 'source' }, { batchSize: 25 }), loader, 'shop/orders', asTheyAre),
    ).toEqual([]);
  } finally {
    await loader.close();
  }
}

async function startOver(): Promise<void> {
  await database.sql('DROP TABLE IF EXISTS orders, etl_checkpoints; CREATE TABLE orders (LIKE source)');
}

/** Every offset of the last bytes, and offsets in equal distances before. */
function offsets(total: number): number[] {
  const step = Math.ceil(total / 20);
  const spread = Array.from({ length: Math.floor(total / step) }, (_, index) => index * step + 1);
  const last = Array.from({ length: 5 }, (_, index) => total - index);
  return [...new Set([...spread, ...last])];
}

/** Which connection, which way, and whether rows go through as they are. */
const CUTS: readonly [end: 'source' | 'sink', direction: Direction, form: string][] = [
  ['source', 'to the server', 'as they are'],
  ['source', 'to the client', 'as they are'],
  ['source', 'to the client', 'by way of columns'],
  ['sink', 'to the server', 'as they are'],
  ['sink', 'to the server', 'by way of columns'],
  ['sink', 'to the client', 'as they are'],
];

describe('a connection that is cut anywhere leaves, after the next run, every record once', () => {
  it.each(CUTS)('the one to the %s, %s, rows %s', async (end, direction, form) => {
    const asTheyAre = form === 'as they are';
    const through = database.as({ port: proxy.port });
    const cutRun = () =>
      end === 'source' ? run(through, database.url, asTheyAre) : run(database.url, through, asTheyAre);
    await startOver();
    proxy.cutAt(direction, undefined);
    await cutRun();
    const total = proxy.passed(direction);
    const source = await database.sql('SELECT * FROM source ORDER BY id');
    let cuts = 0;
    for (const offset of offsets(total)) {
      await startOver();
      proxy.cutAt(direction, offset);
      const error: unknown = await cutRun().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error !== undefined) {
        expect(error, `cut after ${offset} bytes`).toMatchObject({ code: 'UNAVAILABLE' });
        cuts++;
      }
      proxy.cutAt(direction, undefined);
      await run(database.url, database.url, asTheyAre);
      expect(await database.sql('SELECT * FROM orders ORDER BY id'), `cut after ${offset} bytes`).toEqual(source);
    }
    expect(cuts).toBeGreaterThan(15);
  });
});
