import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../scripts/postgres-server.ts';
import type { SourceContext } from '../../../skeleton/base/src/runtime/connectors/connector.ts';
import type { Position } from '../../../skeleton/base/src/runtime/pipeline/position.ts';
import { extractorOf, readAll, rowsOf } from './database.ts';

const EVENTS = `CREATE TABLE events (id int PRIMARY KEY, at timestamptz NOT NULL);
  INSERT INTO events VALUES (1, now()), (2, now())`;

async function connect({ url }: PostgresServer): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

function extractor({ url }: PostgresServer, more: Partial<NonNullable<SourceContext['incremental']>> = {}) {
  return extractorOf(url, { table: 'events' }, { incremental: { cursor: 'at', key: ['id'], ...more } });
}

async function read(server: PostgresServer, from?: Position) {
  const batches = await readAll(extractor(server, { lag: { seconds: 3600 } }), from);
  return { ids: rowsOf(batches).map(({ id }) => id), position: batches.at(-1)?.identity.position ?? from };
}

describe('a server that has used up its transaction numbers', () => {
  let server: PostgresServer;
  let client: Client;
  beforeAll(async () => {
    server = await startPostgres({}, { epoch: 1 });
    client = await connect(server);
    await client.query(EVENTS);
  });
  afterAll(async () => {
    await client.end();
    await server.stop();
  });

  it('is refused for a sink that appends, unless a lag tells old records from new ones', async () => {
    expect((await extractor(server).check()).at(-1)).toMatchObject({
      ok: false,
      code: 'CONFIGURATION',
      detail: expect.stringContaining('old records of public.events can look new'),
    });
    for (const more of [{ merges: true }, { lag: { seconds: 60 } }]) {
      expect((await extractor(server, more).check()).at(-1)).toMatchObject({ ok: true });
    }
  });

  it('is read as any other', async () => {
    const first = await read(server);
    expect(first.ids).toEqual([1, 2]);
    expect(BigInt(String(first.position?.seen))).toBeGreaterThan(2n ** 32n);
    await client.query(`INSERT INTO events VALUES (3, now() - interval '1 minute')`);
    const second = await read(server, first.position);
    expect(second.ids).toEqual([3]);
    expect((await read(server, second.position)).ids).toEqual([]);
  });
});

describe('a standby', () => {
  let primary: PostgresServer;
  let standby: PostgresServer;
  let [writer, slow, replica]: Client[] = [];
  beforeAll(async () => {
    primary = await startPostgres();
    writer = await connect(primary);
    slow = await connect(primary);
    await writer.query(EVENTS);
    standby = await startPostgres({}, { standbyOf: primary.url });
    replica = await connect(standby);
  });
  afterAll(async () => {
    for (const client of [writer, slow, replica]) await client?.end();
    await standby.stop();
    await primary.stop();
  });

  async function caughtUp(): Promise<void> {
    const position = await writer?.query('SELECT pg_current_wal_insert_lsn()::text AS lsn');
    const reached = async () => {
      const { rows = [] } = (await replica?.query('SELECT pg_last_wal_replay_lsn() >= $1 AS reached', [
        position?.rows[0]?.lsn,
      ])) ?? { rows: [] };
      return rows[0]?.reached;
    };
    await expect.poll(reached, { timeout: 20_000 }).toBe(true);
  }

  it('delivers late commits of its primary, once', async () => {
    const first = await read(standby);
    expect(first.ids).toEqual([1, 2]);
    await slow?.query('BEGIN; INSERT INTO events VALUES (3, now())');
    await writer?.query('INSERT INTO events VALUES (4, clock_timestamp())');
    await caughtUp();
    const second = await read(standby, first.position);
    expect(second.ids).toEqual([]);
    await slow?.query('COMMIT');
    await caughtUp();
    const third = await read(standby, second.position);
    expect(third.ids).toEqual([3, 4]);
    expect((await read(standby, third.position)).ids).toEqual([]);
  });

  it('that is behind what was read from another server is tried again later', async () => {
    await replica?.query('SELECT pg_wal_replay_pause()');
    await writer?.query('INSERT INTO events VALUES (5, now())');
    await writer?.query('INSERT INTO events VALUES (6, now())');
    const ahead = await read(primary);
    await expect(read(standby, ahead.position)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await replica?.query('SELECT pg_wal_replay_resume()');
    await caughtUp();
    expect((await read(standby, ahead.position)).ids).toEqual([]);
  });
});
