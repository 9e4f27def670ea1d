import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { registerSecret } from '../../../skeleton/base/src/runtime/config/secrets.ts';
import { acquireLease } from '../../../skeleton/base/src/runtime/state/lease.ts';
import { StateStore } from '../../../skeleton/base/src/runtime/state/state-store.ts';
import { openStateDatabase } from '../../../skeleton/connectors/postgres/src/runtime/state/postgres/index.ts';
import { manifestOf } from '../../support/manifests.ts';
import { testStateStore } from '../../support/state-store-tests.ts';
import { useDatabase } from '../postgres/database.ts';

const database = useDatabase();
let pipeline: string;
beforeEach(() => {
  pipeline = `daily-${randomBytes(4).toString('hex')}`;
});

const open = (url = database.url, name = pipeline) => StateStore.open(openStateDatabase(url, name));
const schemaOf = (name: string) => `etl_state_${name.replaceAll('-', '_')}`;

describe('a state in PostgreSQL', () => testStateStore(() => open()));

describe('a database', () => {
  test('is shared by pipelines that know nothing of each other', async () => {
    const [first, second] = [await open(), await open(database.url, 'another')];
    await first.startRun(manifestOf({ status: 'complete' }));
    expect(await second.runs({ limit: 9 })).toEqual([]);
    expect(first.location).toMatch(new RegExp(`^PostgreSQL at \\S+:\\d+, schema ${schemaOf(pipeline)} of test_\\w+$`));
    await first.close();
    await second.close();
  });

  test('is made ready by many at once', async () => {
    const stores = await Promise.all(Array.from({ length: 6 }, () => open()));
    await stores[0]?.startRun(manifestOf({ status: 'complete' }));
    expect(await stores[5]?.runs({ limit: 9 })).toHaveLength(1);
    for (const store of stores) await store.close();
  });

  test('of a newer version is refused', async () => {
    await (await open()).close();
    await database.sql(`INSERT INTO ${schemaOf(pipeline)}.kysely_migration VALUES ('9999_future', '2030-01-01')`);
    await expect(open()).rejects.toMatchObject({
      code: 'STORAGE',
      message: expect.stringContaining('written by a newer version'),
      hint: expect.stringContaining('rename the schema'),
    });
  });

  test('with an entry that somebody edited says so', async () => {
    const store = await open();
    await store.startRun(manifestOf({ status: 'complete' }));
    await database.sql(`UPDATE ${schemaOf(pipeline)}.runs SET manifest = '{"id": 1}'`);
    await expect(store.runs({ limit: 1 })).rejects.toMatchObject({ code: 'STORAGE' });
    await store.close();
  });
});

describe('what cannot be opened is told without its password', () => {
  const password = 'secret-of-the-state';
  const cases: [string, () => string, string][] = [
    ['a wrong password', () => database.as({ password }), 'ACCESS_DENIED'],
    ['another port', () => database.as({ port: '1', password }), 'UNAVAILABLE'],
    ['a missing database', () => database.as({ database: 'nowhere' }), 'NOT_FOUND'],
  ];
  test.each(cases)('%s', async (_, url, code) => {
    registerSecret(url());
    const failure = await open(url()).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code });
    expect(String(failure)).not.toContain(password);
  });

  test('a role that may not create schemas, until it gets one', async () => {
    await database.sql(`
      DO $$ BEGIN CREATE ROLE state_guest LOGIN PASSWORD '${password}'; EXCEPTION WHEN duplicate_object THEN NULL; END $$`);
    const url = database.as({ user: 'state_guest', password });
    await expect(open(url)).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    await database.sql(`CREATE SCHEMA ${schemaOf(pipeline)} AUTHORIZATION state_guest`);
    await (await open(url)).close();
    await database.sql(`ALTER ROLE state_guest SET default_transaction_read_only TO on`);
    const readOnly = await open(url);
    await expect(readOnly.requireWritable()).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    await expect(readOnly.startRun(manifestOf())).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    await readOnly.close();
    await database.sql('DROP OWNED BY state_guest; DROP ROLE state_guest');
  });
});

test('a server that ends all connections is asked again, and nothing is missing in the history', async () => {
  const store = await open();
  const run = manifestOf({ status: 'complete' });
  const lease = await acquireLease(store.leases, 'orders', run.id);
  await database.sql(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'etl state of ${pipeline}'`,
  );
  await Promise.all([store.updateRun(run), store.leases.renew('orders', run.id)]);
  expect(await store.runs({ limit: 9 })).toEqual([run]);
  expect(await store.leases.find('orders')).toMatchObject({ renewals: 1 });
  await lease.release();
  await store.close();
});
