import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { expect, it } from 'vitest';
import { extractorOf, readAll, rowsOf, useDatabase, useServer } from './database.ts';

const server = useServer();
const shop = useDatabase(server);
const other = useDatabase(server);

it('transactions of other databases hold up nothing, and are not taken for a lost past when they have ended', async () => {
  await shop.sql('CREATE TABLE events (id int PRIMARY KEY); INSERT INTO events VALUES (1)');
  const elsewhere = new Client({ connectionString: other.url });
  await elsewhere.connect();
  await elsewhere.query('BEGIN; CREATE TABLE unrelated (id int)');
  await shop.sql('INSERT INTO events VALUES (2)');
  const extractor = extractorOf(shop.url, { table: 'events' }, { incremental: { cursor: 'id', key: ['id'] } });
  const first = await readAll(extractor);
  expect(rowsOf(first)).toEqual([{ id: 1 }, { id: 2 }]);
  await shop.sql('INSERT INTO events VALUES (3)');
  const second = await readAll(extractor, first.at(-1)?.identity.position);
  expect(rowsOf(second)).toEqual([{ id: 3 }]);
  await elsewhere.query('COMMIT');
  await elsewhere.end();
  expect(await readAll(extractor, second.at(-1)?.identity.position)).toEqual([]);
});

it('transactions of other databases that end at the very moment hold up nothing either', async () => {
  await shop.sql('CREATE TABLE readings (id int PRIMARY KEY)');
  const extractor = extractorOf(shop.url, { table: 'readings' }, { incremental: { cursor: 'id', key: ['id'] } });
  let isOver = false;
  const elsewhere = Array.from({ length: 8 }, async (_, number) => {
    const client = new Client({ connectionString: other.url });
    await client.connect();
    while (!isOver) {
      await client.query('BEGIN; SELECT pg_current_xact_id()');
      await delay(10 + 7 * number);
      await client.query('COMMIT');
    }
    await client.end();
  });
  try {
    for (let id = 1; id <= 100; id++) {
      await shop.sql('INSERT INTO readings VALUES ($1)', [id]);
      expect(rowsOf(await readAll(extractor)).length, `records when there are ${id}`).toBe(id);
    }
  } finally {
    isOver = true;
    await Promise.all(elsewhere);
  }
});
