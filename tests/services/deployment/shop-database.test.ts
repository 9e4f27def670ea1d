import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type PostgresServer, startPostgres } from '../../../scripts/postgres-server.ts';
import { renderRunnable } from './rendered.ts';

const run = promisify(execFile);

const Manifests = z.array(
  z.looseObject({
    resource: z.string(),
    status: z.string(),
    counts: z.looseObject({ read: z.number(), written: z.number(), deadLettered: z.number() }),
  }),
);

let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres();
});

/** A repository with these answers, and fresh databases as its compose.yaml would start them. */
async function newRepository(answers: Record<string, unknown>): Promise<string> {
  const repository = await renderRunnable(answers);
  for (const database of ['shop', 'warehouse']) {
    await query('postgres', `DROP DATABASE IF EXISTS ${database}`);
    await query('postgres', `CREATE DATABASE ${database}`);
  }
  await query('shop', await readFile(join(repository, 'local/shop.sql'), 'utf8'));
  return repository;
}

afterAll(() => server.stop());

function url(database: string): string {
  return server.url.replace(/\/postgres$/, `/${database}`);
}

async function query(database: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url(database) });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function runPipeline(repository: string) {
  const { stdout } = await run(process.execPath, ['src/main.ts', 'run', '--json'], {
    cwd: repository,
    env: { ...process.env, SHOP_DATABASE_URL: url('shop'), WAREHOUSE_DATABASE_URL: url('warehouse') },
  });
  return Manifests.parse(JSON.parse(stdout));
}

test('the local source holds orders, some of them flawed, some changed in the same second', async () => {
  await newRepository({ sources: ['postgres'] });
  const [counts] = await query(
    'shop',
    `SELECT count(*)::int AS orders, count(DISTINCT updated_at)::int AS instants,
            count(*) FILTER (WHERE customer_id IS NULL OR quantity <= 0 OR unit_price IS NULL OR length(currency) <> 3)::int AS flawed
       FROM public.orders`,
  );
  expect(counts).toEqual({ orders: 96, instants: 64, flawed: 4 });
});

test('the pipeline as rendered moves them into the local sink, and only what is new the next time', async () => {
  const repository = await newRepository({ sources: ['postgres'], sinks: ['postgres'] });
  expect(await runPipeline(repository)).toMatchObject([
    { resource: 'orders', status: 'complete', counts: { read: 96, written: 92, deadLettered: 4 } },
  ]);
  expect(await query('warehouse', 'SELECT count(*)::int AS orders FROM public.orders')).toEqual([{ orders: 92 }]);

  await query(
    'shop',
    "UPDATE public.orders SET status = 'cancelled', updated_at = '2025-06-01' WHERE order_id IN (1, 2)",
  );
  expect(await runPipeline(repository)).toMatchObject([{ status: 'complete', counts: { read: 2, written: 2 } }]);
  expect(
    await query(
      'warehouse',
      "SELECT count(*)::int AS orders, count(*) FILTER (WHERE status = 'cancelled' AND order_id < 3)::int AS changed FROM public.orders",
    ),
  ).toEqual([{ orders: 92, changed: 2 }]);
});

test.each(['incremental', 'full'])('every source reaches every sink, mode %s', async (mode) => {
  const repository = await newRepository({
    mode,
    sources: ['files', 'postgres'],
    sinks: ['files', 'delta', 'postgres'],
  });
  const first = await runPipeline(repository);
  expect(first.map(({ resource, status }) => [resource, status])).toEqual([
    ['orders', 'complete'],
    ['orders_to_delta', 'complete'],
    ['orders_to_postgres', 'complete'],
    ['orders_from_postgres', 'complete'],
  ]);
  const written = first.map(({ counts }) => counts.written);
  expect(new Set(written.slice(0, 3)).size).toBe(1);
  expect(written[3]).toBe(92);
  const second = await runPipeline(repository);
  expect(second.map(({ counts }) => counts.written)).toEqual(mode === 'full' ? written : [0, 0, 0, 0]);
  expect(await query('warehouse', 'SELECT count(*)::int AS orders FROM public.orders')).toEqual([
    { orders: written[2] },
  ]);
});
