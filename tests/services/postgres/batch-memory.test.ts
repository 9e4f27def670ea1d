import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../scripts/postgres-server.ts';
import type { Row } from '../../../skeleton/base/src/runtime/pipeline/batch.ts';
import { extractorOf } from './database.ts';

const ROWS = 30_000;
/** NULLs, and texts of growing and shrinking length, so that a batch that looks into the memory of another is found out. */
const QUERY = `SELECT n, CASE WHEN n % 3 = 0 THEN n * 1.25 END::numeric(12, 2) AS price, n % 5 = 0 AS fifth,
    CASE WHEN n % 7 > 0 THEN repeat(md5(n::text), (n / 1000 % 9)::int) END AS note,
    CASE WHEN n % 2 = 0 THEN n::float8 / 3 END AS third
  FROM generate_series(1::bigint, ${ROWS}) AS n`;

let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres();
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  // The server makes its certificate itself: only so it belongs to the user that the server runs as.
  await client.query(`COPY (SELECT 1) TO PROGRAM
    'openssl req -x509 -newkey rsa:2048 -nodes -keyout server.key -out server.crt -days 2 -subj /CN=localhost'`);
  await client.query('ALTER SYSTEM SET ssl = on');
  await client.query('SELECT pg_reload_conf()');
  await client.end();
});

afterAll(() => server.stop());

async function read(url: string, release: boolean): Promise<Row[]> {
  const extractor = extractorOf(url, { query: QUERY }, { batchSize: 700 });
  const rows: Row[] = [];
  for await (const batch of extractor.extract({ from: undefined, firstSequence: 1 })) {
    for (const row of batch.rows()) rows.push(row);
    if (release) batch.release();
  }
  await extractor.close();
  return rows;
}

describe('memory of a batch that is read anew', () => {
  it('holds nothing of the records before, by way of plain connections and encrypted ones', async () => {
    const kept = await read(`${server.url}?sslmode=disable`, false);
    expect(kept).toHaveLength(ROWS);
    expect(kept[2]).toEqual({ n: 3, price: '3.75', fifth: false, note: '', third: null });
    expect(await read(`${server.url}?sslmode=disable`, true)).toEqual(kept);
    expect(await read(`${server.url}?sslmode=no-verify`, true)).toEqual(kept);
  });

  it('is asked for over an encrypted connection here', async () => {
    const extractor = extractorOf(
      `${server.url}?sslmode=no-verify`,
      { query: 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()' },
      { batchSize: 10 },
    );
    const rows: Row[] = [];
    for await (const batch of extractor.extract({ from: undefined, firstSequence: 1 })) rows.push(...batch.rows());
    await extractor.close();
    expect(rows).toEqual([{ ssl: true }]);
  });
});
