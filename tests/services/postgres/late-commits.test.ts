import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Lag, SourceContext } from '../../../skeleton/base/src/runtime/connectors/connector.ts';
import type { Position } from '../../../skeleton/base/src/runtime/pipeline/position.ts';
import type { PostgresSource } from '../../../skeleton/connectors/postgres/src/runtime/connectors/postgres/options.ts';
import { extractorOf, readAll, rowsOf, useDatabase, useServer } from './database.ts';

const database = useDatabase(useServer());
const sessions: Client[] = [];

/** A session of its own, which a test may leave in a transaction. */
async function session(): Promise<Client> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  sessions.push(client);
  return client;
}

beforeEach(async () => {
  await database.sql(`DROP TABLE IF EXISTS events CASCADE;
    CREATE TABLE events (id int PRIMARY KEY, at timestamptz, note text DEFAULT '');
    CREATE INDEX ON events (at, id)`);
});
afterEach(async () => {
  for (const client of sessions.splice(0)) await client.end();
});

interface RunOptions extends Pick<Partial<SourceContext>, 'batchSize' | 'shard'> {
  /** Stop behind so many. */
  readonly batches?: number;
}

/** Reads as one run after the other does: each goes on where the last one ended. */
class Reader {
  position: Position | undefined;
  readonly #source: PostgresSource;
  readonly #context: Partial<SourceContext>;

  constructor(incremental: NonNullable<SourceContext['incremental']>, source: PostgresSource = { table: 'events' }) {
    this.#source = source;
    this.#context = { incremental };
  }

  /** The ids of what a run delivers. */
  async run({ batches = Number.POSITIVE_INFINITY, ...more }: RunOptions = {}): Promise<unknown[]> {
    const ids: unknown[] = [];
    let left = batches;
    const extractor = extractorOf(database.url, this.#source, { ...this.#context, ...more });
    for await (const batch of extractor.extract({ firstSequence: 1, ...(this.position && { from: this.position }) })) {
      ids.push(...rowsOf([batch]).map(({ id }) => id));
      this.position = batch.identity.position;
      left -= 1;
      if (left === 0) break;
    }
    return ids;
  }
}

const BY_TIME = { cursor: 'at', key: ['id'] };

describe('records that were committed late', () => {
  it.each<[string, Lag | undefined]>([
    ['in the whole table', undefined],
    ['within a lag', { seconds: 3600 }],
  ])('come with the next run, once, looked for %s', async (_, lag) => {
    const slow = await session();
    await slow.query(`BEGIN; INSERT INTO events VALUES (1, now())`);
    await database.sql('INSERT INTO events VALUES (2, clock_timestamp())');
    const reader = new Reader({ ...BY_TIME, ...(lag && { lag }) });
    // What was written since the slow transaction began waits for it: nobody knows what else it writes.
    expect(await reader.run()).toEqual([]);
    await slow.query('COMMIT');
    await database.sql('INSERT INTO events VALUES (3, clock_timestamp())');
    expect(await reader.run()).toEqual([1, 2, 3]);
    const late = await session();
    await late.query(`BEGIN; SELECT now(); SAVEPOINT nested; INSERT INTO events VALUES (4, now()); RELEASE nested`);
    await database.sql('INSERT INTO events VALUES (5, clock_timestamp())');
    expect(await reader.run()).toEqual([]);
    await late.query('COMMIT');
    expect(await reader.run()).toEqual([4, 5]);
    expect(await reader.run()).toEqual([]);
  });

  it('come when their transaction began before a run, and first wrote after it', async () => {
    const slow = await session();
    await slow.query('BEGIN; SELECT now()');
    await delay(5);
    await database.sql('INSERT INTO events VALUES (1, clock_timestamp())');
    const reader = new Reader(BY_TIME);
    expect(await reader.run()).toEqual([1]);
    await slow.query(`INSERT INTO events VALUES (2, now()); COMMIT`);
    expect(await reader.run()).toEqual([2]);
    expect(await reader.run()).toEqual([]);
  });

  it('come when the cursor is a sequence', async () => {
    const [first, second] = [await session(), await session()];
    await first.query('BEGIN; INSERT INTO events (id) VALUES (1)');
    await second.query('BEGIN; INSERT INTO events (id) VALUES (2); COMMIT');
    const reader = new Reader({ cursor: 'id', key: ['id'] });
    const bounded = new Reader({ cursor: 'id', key: ['id'], lag: { distance: 10 } });
    expect([await reader.run(), await bounded.run()]).toEqual([[], []]);
    await first.query('COMMIT');
    expect([await reader.run(), await bounded.run()]).toEqual([
      [1, 2],
      [1, 2],
    ]);
    await database.sql('INSERT INTO events (id) VALUES (-20), (-5), (3)');
    expect([await reader.run(), await bounded.run()]).toEqual([
      [-20, -5, 3],
      [-5, 3],
    ]);
  });

  it('come from partitions, and from a hash of the key', async () => {
    await database.sql(`DROP TABLE events; CREATE TABLE events (id int, at timestamptz NOT NULL) PARTITION BY RANGE (id);
      CREATE TABLE events_low PARTITION OF events FOR VALUES FROM (0) TO (10);
      CREATE TABLE events_high PARTITION OF events FOR VALUES FROM (10) TO (20);
      INSERT INTO events VALUES (1, '2026-01-02'), (11, '2026-01-02')`);
    const reader = new Reader(BY_TIME);
    const shards = [0, 1].map((index) => ({ reader: new Reader(BY_TIME), shard: { index, count: 2 } }));
    expect(await reader.run()).toEqual([1, 11]);
    expect((await Promise.all(shards.map((part) => part.reader.run({ shard: part.shard })))).flat().sort()).toEqual([
      1, 11,
    ]);
    await database.sql(`INSERT INTO events VALUES (2, '2026-01-01'), (12, '2026-01-01')`);
    expect(await reader.run()).toEqual([2, 12]);
    expect((await Promise.all(shards.map((part) => part.reader.run({ shard: part.shard })))).flat().sort()).toEqual([
      12, 2,
    ]);
  });

  it('are found by a role that may read the table and nothing else', async () => {
    await database.sql(`DROP ROLE IF EXISTS events_reader; CREATE ROLE events_reader LOGIN PASSWORD 'reader';
      GRANT SELECT ON events TO events_reader; INSERT INTO events VALUES (1, now())`);
    const slow = await session();
    await slow.query('BEGIN; INSERT INTO events VALUES (2, now())');
    const url = database.as({ user: 'events_reader', password: 'reader' });
    const extractor = extractorOf(url, { table: 'events' }, { incremental: BY_TIME });
    expect((await extractor.check()).filter(({ ok }) => !ok)).toEqual([]);
    const first = await readAll(extractor);
    expect(rowsOf(first).map(({ id }) => id)).toEqual([1]);
    await slow.query('COMMIT');
    expect(rowsOf(await readAll(extractor, first.at(-1)?.identity.position)).map(({ id }) => id)).toEqual([2]);
    await database.sql('DROP OWNED BY events_reader; DROP ROLE events_reader');
  });

  it('are looked for no further back than the lag', async () => {
    await database.sql(`INSERT INTO events VALUES (1, now())`);
    const reader = new Reader({ ...BY_TIME, lag: { seconds: 3600 } });
    expect(await reader.run()).toEqual([1]);
    await database.sql(
      `INSERT INTO events VALUES (2, now() - interval '59 minutes'), (3, now() - interval '61 minutes')`,
    );
    expect(await reader.run()).toEqual([2]);
  });

  it('hold the others back, and the preflight says for how long', async () => {
    const slow = await session();
    await slow.query('BEGIN; INSERT INTO events (id) VALUES (1)');
    const extractor = extractorOf(database.url, { table: 'events' }, { incremental: BY_TIME });
    expect((await extractor.check()).at(-1)?.detail).toBe('found in the whole table');
    const prepared = await session();
    await prepared.query(`SET application_name = 'shop'`);
    expect((await extractor.check()).every(({ ok }) => ok)).toBe(true);
  });
});

describe('records that were changed', () => {
  it('come again, whatever their cursor says', async () => {
    await database.sql(
      `INSERT INTO events SELECT n, '2026-01-01'::timestamptz + n * interval '1 s' FROM generate_series(1, 9) AS n`,
    );
    const reader = new Reader(BY_TIME);
    expect(await reader.run()).toHaveLength(9);
    await database.sql(
      `UPDATE events SET note = 'changed' WHERE id = 5; UPDATE events SET at = at - interval '1 year' WHERE id = 7`,
    );
    expect(await reader.run()).toEqual([7, 5]);
    await database.sql('VACUUM (FREEZE, FULL) events');
    expect(await reader.run()).toEqual([]);
  });
});

describe('a read that is cut off', () => {
  it.each([1, 2, 3, 5])(
    'behind batches of %i goes on without a loss or a double, whatever is written meanwhile',
    async (size) => {
      await database.sql(`INSERT INTO events SELECT n, CASE WHEN n % 3 > 0 THEN '2026-01-01'::timestamptz + (n / 4) * interval '1 s' END
      FROM generate_series(1, 30) AS n`);
      const reader = new Reader(BY_TIME);
      const times = new Map<unknown, number>();
      const deliver = async (batches?: number) => {
        for (const id of await reader.run({ batchSize: size, ...(batches && { batches }) })) {
          times.set(id, (times.get(id) ?? 0) + 1);
        }
      };
      for (let next = 101; next < 121; next += 1) {
        await deliver(1);
        const slow = await session();
        await slow.query(`BEGIN; INSERT INTO events VALUES ($1, NULL)`.replace('$1', String(next + 100)));
        await database.sql(
          `INSERT INTO events VALUES (${next}, '2026-01-01'::timestamptz + ${next % 7} * interval '1 s')`,
        );
        await deliver(1);
        await slow.query('COMMIT');
      }
      await deliver();
      await deliver();
      const ids = (await database.sql<{ id: number }>('SELECT id FROM events ORDER BY id')).map(({ id }) => id);
      expect([...times].sort(([left], [right]) => Number(left) - Number(right))).toEqual(ids.map((id) => [id, 1]));
    },
  );
});

describe('records without a cursor', () => {
  it('come behind the others, and again when they are changed', async () => {
    await database.sql(`INSERT INTO events VALUES (1, NULL), (2, '2026-01-02'), (3, NULL), (4, '2026-01-01')`);
    const reader = new Reader({ ...BY_TIME, lag: { seconds: 60 } });
    expect(await reader.run()).toEqual([4, 2, 1, 3]);
    expect(reader.position).toMatchObject({ rows: 4, after: { at: '2026-01-02T00:00:00Z', id: '2' } });
    expect(await reader.run()).toEqual([]);
    await database.sql(`INSERT INTO events VALUES (0, NULL); UPDATE events SET note = 'x' WHERE id = 3`);
    expect(await reader.run()).toEqual([0, 3]);
    await database.sql('UPDATE events SET at = now() WHERE id = 0');
    expect(await reader.run()).toEqual([0]);
  });

  it.each([
    ['a view', { query: 'SELECT * FROM events' }, 'at or id'],
    ['a key that is NULL', { table: 'keyless' }, 'id'],
  ])('of %s are refused before a record moves', async (_, source, columns) => {
    await database.sql(`INSERT INTO events VALUES (1, NULL), (2, '2026-01-02'); DROP TABLE IF EXISTS keyless;
      CREATE TABLE keyless (id int, at timestamptz); INSERT INTO keyless VALUES (NULL, now())`);
    const checks = await extractorOf(database.url, source, { incremental: BY_TIME }).check();
    expect(checks.at(-1)).toMatchObject({
      ok: false,
      code: 'UNREADABLE',
      detail: expect.stringMatching(new RegExp(`1 records of .+ have no ${columns}, and so no place in the order`)),
    });
  });
});

describe('sources whose records do not say who wrote them', () => {
  it('read the lag again where the sink merges, and only there', async () => {
    await database.sql(
      `INSERT INTO events VALUES (1, now() - interval '2 hours'), (2, now() - interval '10 minutes'), (3, now())`,
    );
    const source = { query: 'SELECT * FROM events' };
    const reader = new Reader({ ...BY_TIME, lag: { seconds: 1800 }, merges: true }, source);
    expect(await reader.run()).toEqual([1, 2, 3]);
    await database.sql(
      `INSERT INTO events VALUES (4, now() - interval '20 minutes'), (5, now() - interval '40 minutes')`,
    );
    expect(await reader.run({ batchSize: 1, batches: 1 })).toEqual([4]);
    expect(await reader.run()).toEqual([2, 3, 4, 2, 3]);
    await expect(new Reader({ ...BY_TIME, lag: { seconds: 1800 } }, source).run()).rejects.toMatchObject({
      code: 'CONFIGURATION',
      hint: expect.stringContaining('mode: merge'),
    });
  });

  it('go by the cursor alone without a lag, and say that late commits are not found', async () => {
    await database.sql(`CREATE VIEW events_view AS SELECT * FROM events WHERE at IS NOT NULL;
      CREATE MATERIALIZED VIEW events_copy AS SELECT * FROM events;
      INSERT INTO events VALUES (2, '2026-01-02')`);
    const reader = new Reader(BY_TIME, { table: 'events_view' });
    expect(await reader.run()).toEqual([2]);
    await database.sql(`INSERT INTO events VALUES (1, '2026-01-01'), (3, '2026-01-03')`);
    expect(await reader.run()).toEqual([3]);
    for (const table of ['events_view', 'events_copy']) {
      const checks = await extractorOf(database.url, { table }, { incremental: BY_TIME }).check();
      expect(checks.at(-1)?.detail).toMatch(/^not found: only the records of a table/);
    }
  });
});

describe('a table that was dropped and created again', () => {
  const recreate = () =>
    database.sql(`DROP TABLE events; CREATE TABLE events (id int PRIMARY KEY, at timestamptz);
      INSERT INTO events VALUES (1, '2026-01-01'), (2, '2026-01-02')`);

  it('is refused for a sink that appends, and read again for one that merges', async () => {
    await recreate();
    const appending = new Reader(BY_TIME);
    const merging = new Reader({ ...BY_TIME, merges: true });
    expect([await appending.run(), await merging.run()]).toEqual([
      [1, 2],
      [1, 2],
    ]);
    await recreate();
    await expect(appending.run()).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('public.events is another table than the last run has read'),
      hint: expect.stringContaining('--full-refresh'),
    });
    expect([await merging.run(), await merging.run()]).toEqual([[1, 2], []]);
  });
});

describe('a table whose records were all written anew', () => {
  it.each([
    ['ALTER TABLE events ALTER id TYPE bigint', false],
    [
      'TRUNCATE events; INSERT INTO events SELECT n, NULL FROM generate_series(1, 9) AS n; UPDATE events SET at = now()',
      true,
    ],
    ['VACUUM FULL events', true],
    ['TRUNCATE events', true],
  ])('by %s: a sink that appends goes on: %s', async (statement, goesOn) => {
    await database.sql(`INSERT INTO events SELECT n, '2026-01-01' FROM generate_series(1, 9) AS n`);
    const appending = new Reader(BY_TIME);
    const merging = new Reader({ ...BY_TIME, merges: true });
    await appending.run();
    await merging.run();
    await database.sql(statement);
    const again = await merging.run();
    if (goesOn) expect(await appending.run()).toEqual(again);
    else {
      expect(again).toHaveLength(9);
      await expect(appending.run()).rejects.toMatchObject({
        code: 'CONFIGURATION',
        message: expect.stringContaining('were written anew since the last run'),
        hint: expect.stringContaining('--full-refresh'),
      });
    }
  });
});

describe('transactions that the server does not know', () => {
  it('are those of a standby that is behind, or of a lost future', async () => {
    await database.sql(`INSERT INTO events VALUES (1, '2026-01-01')`);
    const reader = new Reader(BY_TIME);
    await reader.run();
    const seen = String(BigInt(String(reader.position?.seen)) + 1000n);
    reader.position = { ...reader.position, seen };
    await expect(reader.run()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(`seen transactions up to ${seen}`),
      hint: expect.stringContaining('--full-refresh'),
    });
  });
});

describe('a position in the middle of a window', () => {
  it('cannot be gone on with by the cursor alone', async () => {
    await database.sql(`INSERT INTO events VALUES (1, '2026-01-01'), (2, '2026-01-02'), (3, '2026-01-03')`);
    const reader = new Reader(BY_TIME);
    expect(await reader.run({ batchSize: 1, batches: 1 })).toEqual([1]);
    const byCursor = new Reader(BY_TIME, { query: 'SELECT * FROM events WHERE at IS NOT NULL' });
    byCursor.position = reader.position;
    await expect(byCursor.run()).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: 'The last run stopped on its way through late commits, and query does not say which records those are.',
    });
    await reader.run();
    byCursor.position = reader.position;
    expect(await byCursor.run()).toEqual([]);
  });
});

describe('a position of a full read', () => {
  it('of the same order is gone on with by the cursor', async () => {
    await database.sql(`INSERT INTO events (id) VALUES (1), (2)`);
    const full = await readAll(extractorOf(database.url, { table: 'events' }));
    const reader = new Reader({ cursor: 'id', key: ['id'] });
    reader.position = full.at(-1)?.identity.position;
    await database.sql(`INSERT INTO events (id) VALUES (3)`);
    expect(await reader.run()).toEqual([3]);
    await database.sql(`INSERT INTO events (id) VALUES (-1)`);
    expect(await reader.run()).toEqual([-1]);
  });
});
