import { beforeEach, describe, expect, test } from 'vitest';
import type { Lag } from '../../skeleton/base/src/runtime/connectors/connector.ts';
import { extractorOf, loaderOf, move, useDatabase, useServer } from '../services/postgres/database.ts';

// Invariant: whatever clocks and calendars do, a record that is written at the source is in the sink after the next run
// that begins when its transaction has ended, and it is there once.

const server = useServer();
const shop = useDatabase(server);
const warehouse = useDatabase(server);

async function createEvents(type: string): Promise<void> {
  await shop.sql(`DROP TABLE IF EXISTS events; CREATE TABLE events (id int PRIMARY KEY, at ${type});
    CREATE INDEX ON events (at, id)`);
  await warehouse.sql('DROP TABLE IF EXISTS events, etl_checkpoints');
}

/** One run, in batches of two. */
async function run(lag?: Lag): Promise<void> {
  const incremental = { cursor: 'at', key: ['id'], ...(lag && { lag }) };
  const extractor = extractorOf(shop.url, { table: 'events' }, { batchSize: 2, incremental });
  expect((await extractor.check()).filter(({ ok }) => !ok)).toEqual([]);
  await move(extractor, loaderOf(warehouse.url, 'events', 'append'));
}

/** The ids in the order in which they came. */
async function moved(): Promise<number[]> {
  return (await warehouse.sql<{ id: number }>('SELECT id FROM events ORDER BY ctid')).map(({ id }) => id);
}

async function expectEqualContents(): Promise<void> {
  const all = 'SELECT id, at::text FROM events ORDER BY id, at';
  expect(await warehouse.sql(all)).toEqual(await shop.sql(all));
}

const HOUR: Lag = { seconds: 3600 };

describe.each([
  ['without a lag', undefined],
  ['with a lag', HOUR],
] as const)('the clock of the source, %s', (_, lag) => {
  beforeEach(() => createEvents('timestamptz NOT NULL'));

  test('jumps back by less than the lag', async () => {
    await shop.sql('INSERT INTO events VALUES (1, now()), (2, now())');
    await run(lag);
    await shop.sql(`INSERT INTO events VALUES (3, now() - interval '50 minutes')`);
    await run(lag);
    await shop.sql('INSERT INTO events VALUES (4, now())');
    await run(lag);
    expect(await moved()).toEqual([1, 2, 3, 4]);
  });

  test('was ahead once: a record with a cursor in the future does not hide those of the present', async () => {
    await shop.sql(`INSERT INTO events VALUES (1, now()), (2, '2099-12-31 23:59:59.999999'), (3, 'infinity')`);
    await run(lag);
    expect(await moved()).toEqual([1, 2, 3]);
    await shop.sql('INSERT INTO events VALUES (4, now()), (5, now())');
    await run(lag);
    await run(lag);
    expect(await moved()).toEqual([1, 2, 3, 4, 5]);
    await shop.sql(`INSERT INTO events VALUES (6, '2100-01-01'), (7, now())`);
    await run(lag);
    await expectEqualContents();
  });

  test('is not that of the records: they come hours behind it, and late ones are found all the same', async () => {
    await shop.sql(`INSERT INTO events VALUES (1, now() - interval '2 days')`);
    await run(lag);
    await shop.sql(`INSERT INTO events VALUES (2, now() - interval '2 days 30 minutes')`);
    await run(lag);
    await shop.sql(`INSERT INTO events VALUES (3, now() - interval '47 hours')`);
    await run(lag);
    expect(await moved()).toEqual([1, 2, 3]);
  });
});

test('a clock that jumps back further than any lag is nothing without one', async () => {
  await createEvents('timestamptz NOT NULL');
  await shop.sql('INSERT INTO events VALUES (1, now())');
  await run();
  await shop.sql(`INSERT INTO events VALUES (2, '1970-01-01'), (3, '-infinity'), (4, '0044-03-15 BC')`);
  await run();
  expect(await moved()).toEqual([1, 3, 4, 2]);
  await expectEqualContents();
});

test('the end of daylight saving: the hour that comes twice is in local times, and no record of it is lost', async () => {
  await createEvents('timestamp NOT NULL');
  const local = async (id: number, instant: string) => {
    await shop.sql(`INSERT INTO events VALUES (${id}, '${instant}'::timestamptz AT TIME ZONE 'Europe/Berlin')`);
  };
  await local(1, '2026-10-25 00:15:00Z');
  await local(2, '2026-10-25 00:45:00Z');
  await run();
  await local(3, '2026-10-25 01:15:00Z');
  await local(4, '2026-10-25 01:45:00Z');
  await run();
  await local(5, '2026-10-25 02:15:00Z');
  await run();
  const times = await warehouse.sql('SELECT id, at::text FROM events ORDER BY ctid');
  expect(times).toEqual([
    { id: 1, at: '2026-10-25 02:15:00' },
    { id: 2, at: '2026-10-25 02:45:00' },
    { id: 3, at: '2026-10-25 02:15:00' },
    { id: 4, at: '2026-10-25 02:45:00' },
    { id: 5, at: '2026-10-25 03:15:00' },
  ]);
});

test('the zone and the date style of the database change nothing', async () => {
  await createEvents('timestamptz NOT NULL');
  const [{ name = '' } = {}] = await shop.sql<{ name: string }>('SELECT current_database() AS name');
  for (const [zone, style] of [
    ['Europe/Berlin', 'SQL, DMY'],
    ['America/St_Johns', 'Postgres, MDY'],
    ['Pacific/Kiritimati', 'German'],
  ]) {
    await shop.sql(
      `ALTER DATABASE ${name} SET timezone = '${zone}'; ALTER DATABASE ${name} SET datestyle = '${style}'`,
    );
    const [{ next = 0 } = {}] = await shop.sql<{ next: number }>('SELECT count(*)::int + 1 AS next FROM events');
    await shop.sql(
      `INSERT INTO events VALUES (${next}, '2026-03-29 01:59:59.123456Z'), (${next + 1}, '2026-03-29 01:59:59.123457Z')`,
    );
    await run(HOUR);
    await run(HOUR);
  }
  await expectEqualContents();
});

test('leap day: the days around it come once, and a lag of days counts it', async () => {
  await createEvents('date NOT NULL');
  await shop.sql(`INSERT INTO events VALUES (1, '2024-02-28'), (2, '2024-02-29'), (3, '2024-03-01')`);
  const lag = { seconds: 2 * 86_400 };
  await run(lag);
  await shop.sql(`INSERT INTO events VALUES (4, '2024-02-29'), (5, '2024-03-01'), (6, '2024-03-02')`);
  await run(lag);
  await run(lag);
  expect(await moved()).toEqual([1, 2, 3, 4, 5, 6]);
});

describe('records of the same moment', () => {
  test.each(['timestamptz', 'timestamp', 'timestamptz(3)', 'timestamp(0)', 'date'])(
    'are told apart in a column of type %s, to the last microsecond that it has',
    async (type) => {
      await createEvents(`${type} NOT NULL`);
      for (let next = 1; next < 40; next += 5) {
        await shop.sql(`INSERT INTO events SELECT n, '2026-06-30 23:59:59.999990Z'::timestamptz + n / 2 * interval '1 us'
          FROM generate_series(${next}, ${next + 4}) AS n`);
        await run();
      }
      await run();
      expect(await moved()).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
      await expectEqualContents();
    },
  );
});

describe('cursors that are no times', () => {
  test.each([
    ['text', `ARRAY['Zebra', 'apple', 'Äpfel', 'äpfel', 'a b', 'a-b', '🚚', '']`],
    ['text COLLATE "de_text"', `ARRAY['Zebra', 'apple', 'Äpfel', 'äpfel', 'a b', 'a-b', '🚚', '']`],
    ['text COLLATE "any_case"', `ARRAY['a', 'A', 'b', 'B', 'ab', 'AB', 'Ab', 'c']`],
    ['char(3)', `ARRAY['a', 'b ', 'B', 'ä', 'zz', 'Zz', '1', '10']`],
    ['integer', 'ARRAY[-2147483648, 2147483647, 0, -1, 1, 10, 9, 100]'],
    ['bigint', 'ARRAY[-9223372036854775808, 9223372036854775807, 0, -1, 1, 9007199254740993, 9007199254740992, 2]'],
    ['numeric', `ARRAY['1e-30', '-1e30', 'NaN', '1.10', '1.1', '99999999999999999999.5', '0', '-0.1']::numeric[]`],
    ['uuid', `ARRAY(SELECT md5(n::text)::uuid FROM generate_series(1, 8) AS n)`],
  ])('%s: every record comes once, however the runs are cut', async (type, values) => {
    await shop.sql(`DROP TABLE IF EXISTS events; DROP COLLATION IF EXISTS de_text, any_case;
      CREATE COLLATION de_text (provider = icu, locale = 'de-DE');
      CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`);
    await createEvents(`${type} NOT NULL`);
    await shop.sql(`INSERT INTO events SELECT 3 * n, (${values})[n] FROM generate_series(1, 8) AS n`);
    const extractor = extractorOf(
      shop.url,
      { table: 'events' },
      { batchSize: 3, incremental: { cursor: 'at', key: ['id'] } },
    );
    for (let round = 0; round < 4; round += 1) {
      const loader = loaderOf(warehouse.url, 'events', 'append');
      await loader.prepare(await extractor.schema());
      const checkpoint = await loader.checkpoint('shop/orders');
      const firstSequence = (checkpoint?.sequence ?? 0) + 1;
      for await (const batch of extractor.extract({
        firstSequence,
        ...(checkpoint && { from: checkpoint.position }),
      })) {
        await loader.load(batch, async () => {});
        if (round < 3) break;
      }
      await loader.finish(false);
      await loader.close();
      await shop.sql(`INSERT INTO events SELECT 3 * n + ${(round % 2) + 1} + 100 * ${round}, (${values})[n]
        FROM generate_series(1, 8) AS n`);
    }
    await run();
    await run();
    // A char(n) is blank at its end only where its type says so.
    const all = 'SELECT id, rtrim(at::text) AS at FROM events ORDER BY id';
    expect(await warehouse.sql(all)).toEqual(await shop.sql(all));
  });
});
