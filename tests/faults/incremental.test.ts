import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { extractorOf, loaderOf, move } from '../services/postgres/database.ts';
import { useEventsService } from './events-service.ts';
import { Random } from './random.ts';

// What other tools of this kind have lost, each as its own test. Issues as their threads describe them.

const events = useEventsService();
const { shop, warehouse } = events;

describe('late-commits-found, dlt 2269: records that were committed after a run, with a cursor before its last one', () => {
  test.each(['created', 'id'])('are not missed, the cursor being %s', async (cursor) => {
    events.configure('postgres', 'mode: append', { incremental: `{ cursor: ${cursor}, key: [id] }` });
    const slow = await events.session();
    await slow.query('BEGIN; INSERT INTO events (writer) VALUES (1)');
    await shop.sql('INSERT INTO events DEFAULT VALUES');
    await events.run();
    await slow.query('INSERT INTO events (writer) VALUES (1); COMMIT');
    await events.run();
    await events.expectEqualContents();
    await events.run();
    await events.expectEqualContents();
  });
});

describe('ties-kept, airbyte 15427: a run that dies between records with the same cursor', () => {
  test('goes on behind the last record that was committed, and not behind the last cursor', async () => {
    await shop.sql(`INSERT INTO events (created) SELECT '2026-01-01'::timestamptz + (n / 700) * interval '1 s'
      FROM generate_series(1, 1500) AS n`);
    events.configure('postgres', 'mode: append', { incremental: '{ cursor: created, key: [id] }', batchSize: 3 });
    for (const { batch, loaded } of [
      { batch: 35, loaded: 102 },
      { batch: 134, loaded: 501 },
      { batch: 134, loaded: 900 },
    ]) {
      await events.runKilled({ step: 'batch loaded', occurrence: batch, when: 'during' });
      expect(await warehouse.sql('SELECT 1 FROM events')).toHaveLength(loaded);
    }
    await events.run();
    await events.expectEqualContents();
  });
});

describe('late-commits-found, airbyte 85918, 80152, 84400: records that are committed while a run looks for its last cursor', () => {
  test('are not missed and not doubled, whoever writes meanwhile', async () => {
    await shop.sql(`DROP TABLE IF EXISTS accounts; CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL,
      changed timestamptz)`);
    await warehouse.sql(`DROP TABLE IF EXISTS accounts; CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL,
      changed timestamptz)`);
    let writing = true;
    const write = async (writer: number) => {
      const random = new Random(writer);
      const client = await events.session();
      while (writing) {
        await client.query('BEGIN');
        await client.query(
          `INSERT INTO events (writer) SELECT ${writer} FROM generate_series(1, ${random.between(1, 5)})`,
        );
        if (random.next() < 0.3) {
          const outcome = random.next() < 0.5 ? 'RELEASE' : 'ROLLBACK TO';
          await client.query(`SAVEPOINT part; INSERT INTO events (writer) VALUES (-${writer}); ${outcome} part`);
        }
        await client.query(`INSERT INTO accounts VALUES (${writer * 100 + random.between(0, 20)}, 1, now())
          ON CONFLICT (id) DO UPDATE SET balance = accounts.balance + 1, changed = ${random.next() < 0.5 ? 'now()' : 'accounts.changed'}`);
        await delay(random.between(0, 40));
        await client.query(random.next() < 0.9 ? 'COMMIT' : 'ROLLBACK');
      }
    };
    const writers = Promise.all([1, 2, 3, 4, 5, 6].map(write));
    const read = async (lag?: { seconds: number }) => {
      const events = { cursor: 'created', key: ['id'], ...(lag && { lag }) };
      const accounts = { cursor: 'changed', key: ['id'], merges: true };
      await move(
        extractorOf(shop.url, { table: 'events' }, { stream: 'events', batchSize: 7, incremental: events }),
        loaderOf(warehouse.url, 'events', 'append', { stream: 'events' }),
        'events',
      );
      await move(
        extractorOf(shop.url, { table: 'accounts' }, { stream: 'accounts', batchSize: 7, incremental: accounts }),
        loaderOf(warehouse.url, 'accounts', 'merge', { stream: 'accounts', key: ['id'] }),
        'accounts',
      );
    };
    try {
      for (let round = 0; round < 25; round += 1) await read(round % 2 === 0 ? undefined : { seconds: 60 });
    } finally {
      writing = false;
      await writers;
    }
    await read();
    await events.expectEqualContents();
    const balances = 'SELECT id, balance, changed::text FROM accounts ORDER BY id';
    expect(await warehouse.sql(balances)).toEqual(await shop.sql(balances));
  });
});
