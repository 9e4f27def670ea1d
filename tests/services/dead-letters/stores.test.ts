import { existsSync, rmSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { DeadLetter } from '../../../skeleton/base/src/runtime/dead-letters/dead-letter.ts';
import type {
  DeadLetterStore,
  ListedDeadLetter,
} from '../../../skeleton/base/src/runtime/dead-letters/dead-letter-store.ts';
import { FileDeadLetterStore } from '../../../skeleton/base/src/runtime/dead-letters/file-store.ts';
import { openDeadLetterStore } from '../../../skeleton/connectors/postgres/src/runtime/dead-letters/postgres/index.ts';
import { createDatabase, type OwnDatabase } from '../../support/database.ts';
import { letterOf } from '../../unit/dead-letters/letters.ts';

let database: OwnDatabase;
let folder: string;
let store: DeadLetterStore;

beforeAll(async () => {
  database = await createDatabase(inject('postgresUrl'));
});
afterAll(() => database.drop());

const STORES = {
  folder: () => new FileDeadLetterStore(folder),
  PostgreSQL: () => openDeadLetterStore(database.url, 'shop'),
};
const at = (day: number) => `2026-03-0${day}T00:00:00.000Z`;
const part = { resource: 'orders' };

describe.each(Object.entries(STORES))('dead letters in a %s', (_, open) => {
  beforeEach(async () => {
    await store?.close();
    folder = await mkdtemp(join(tmpdir(), 'dead-letters-'));
    await database.sql('DROP TABLE IF EXISTS etl_dead_letter_failures, etl_dead_letters');
    store = open();
    return async () => {
      await store.close();
      rmSync(folder, { recursive: true });
    };
  });

  const all = (filter = {}): Promise<ListedDeadLetter[]> => Array.fromAsync(store.list(filter));

  test('come back as they were, once, in their order', async () => {
    const record = {
      text: 'NUL \u0000, half a pair \ud800, "quotes" \\ and {braces}',
      at: new Date(0),
      big: 2n ** 70n,
    };
    const letters = [letterOf({ record }), letterOf({ stage: 'load', rowNumber: 2 }), letterOf({ rowNumber: 3 })];
    const writer = await store.open(part);
    expect(await writer.append(letters)).toBe(3);
    expect(await writer.append([...letters.slice(1), letterOf({ rowNumber: 4 })])).toBe(1);
    await writer.close();
    const again = await store.open(part);
    expect(await again.append(letters)).toBe(0);
    await again.close();
    expect((await all()).slice(0, 3)).toEqual(letters);
    expect((await all()).map(({ rowNumber }) => rowNumber)).toEqual([17, 2, 3, 4]);
    expect(await all({ stage: 'load' })).toEqual([letters[1]]);
    expect(await all({ id: letters[2]?.id.slice(0, 9) })).toEqual([letters[2]]);
    expect(await all({ resource: 'customers' })).toEqual([]);
  });

  test('know the replays that failed and the one that did not', async () => {
    const [first, second] = [letterOf(), letterOf({ rowNumber: 2 })];
    const writer = await store.open(part);
    await writer.append([first, second]);
    await writer.markFailed(first.id, { run: 'replay-1', at: at(1), message: 'still no number\u0000' });
    await writer.markFailed(first.id, { run: 'replay-2', at: at(2), message: 'still no number' });
    await writer.markReplayed([first.id], { run: 'replay-3', at: at(3) });
    await writer.markReplayed([], { run: 'replay-4', at: at(4) });
    await writer.close();
    expect(await all({ replayed: false })).toEqual([second]);
    expect(await all({ replayed: true })).toEqual([
      {
        ...first,
        replayed: { run: 'replay-3', at: at(3) },
        failures: [
          { run: 'replay-1', at: at(1), message: 'still no number\u0000' },
          { run: 'replay-2', at: at(2), message: 'still no number' },
        ],
      },
    ]);
  });

  test('behind the last commit are taken back, unless they were replayed since', async () => {
    const record = { text: 'NUL \u0000' };
    const [committed, replayed, refused, left] = [3, 4, 4, 5].map((sequence, index) =>
      letterOf({ sequence, rowNumber: index, record }),
    ) as [DeadLetter, DeadLetter, DeadLetter, DeadLetter];
    const elsewhere = letterOf({ sequence: 9, shard: { index: 0, count: 2 } });
    const shard = await store.open({ ...part, shard: { index: 0, count: 2 } });
    await shard.append([elsewhere]);
    await shard.close();
    const writer = await store.open(part);
    await writer.append([committed, replayed, refused, left]);
    await writer.markReplayed([replayed.id], { run: 'replay-1', at: at(1) });
    await writer.markFailed(refused.id, { run: 'replay-1', at: at(1), message: 'no' });
    await writer.close();
    const next = await store.open(part, 3);
    const ids = async () => (await all()).map(({ id }) => id).toSorted();
    expect(await ids()).toEqual([elsewhere, committed, replayed, refused].map(({ id }) => id).toSorted());
    expect(await next.append([replayed, left])).toBe(1);
    await next.close();
    expect(await ids()).toEqual([elsewhere, committed, replayed, refused, left].map(({ id }) => id).toSorted());
  });

  test('of shards are kept apart, and listed together', async () => {
    for (const index of [0, 1]) {
      const shard = { index, count: 2 };
      const writer = await store.open({ ...part, shard });
      await writer.append([letterOf({ shard })]);
      await writer.close();
    }
    expect((await all({ resource: 'orders' })).map(({ shard }) => shard?.index)).toEqual([0, 1]);
    const inAnHour = { before: Date.now() + 3_600_000, replayedOnly: false };
    expect(await store.purge({ ...part, shard: { index: 1, count: 2 } }, inAnHour)).toBe(1);
    expect((await all()).map(({ shard }) => shard?.index)).toEqual([0]);
  });

  test('are purged by their age, with what is known about them', async () => {
    const old = { ...letterOf(), timestamp: at(1) };
    const oldOpen = { ...letterOf({ rowNumber: 2 }), timestamp: at(1) };
    const young = { ...letterOf({ rowNumber: 3 }), timestamp: at(8) };
    const writer = await store.open(part);
    await writer.append([old, oldOpen, young]);
    await writer.markFailed(old.id, { run: 'replay-1', at: at(2), message: 'no' });
    await writer.markReplayed([old.id, young.id], { run: 'replay-2', at: at(9) });
    await writer.close();
    const before = Date.parse(at(5));
    expect(await store.purge({ resource: 'nothing' }, { before, replayedOnly: false })).toBe(0);
    expect(await store.purge(part, { before, replayedOnly: true })).toBe(1);
    expect((await all()).map(({ id }) => id)).toEqual([oldOpen.id, young.id]);
    expect(await store.purge(part, { before, replayedOnly: false })).toBe(1);
    expect(await all()).toEqual([{ ...young, replayed: { run: 'replay-2', at: at(9) } }]);
    const next = await store.open(part);
    expect(await next.append([old])).toBe(1);
    await next.close();
    expect(await all({ replayed: false })).toEqual([old]);
  });

  test('many are listed page by page', async () => {
    const letters = Array.from({ length: 1_203 }, (_, rowNumber) => letterOf({ rowNumber }));
    const writer = await store.open(part);
    await writer.append(letters);
    await writer.close();
    expect((await all()).map(({ id }) => id)).toEqual(letters.map(({ id }) => id));
  });

  test('can be checked', async () => {
    await store.check();
    expect(store.describe(part)).toMatch(/orders\.ndjson$|etl_dead_letters$/);
  });
});

test('a file that is purged is written anew beside the old one', async () => {
  folder = await mkdtemp(join(tmpdir(), 'dead-letters-'));
  const files = new FileDeadLetterStore(folder);
  const writer = await files.open(part);
  await writer.append([letterOf(), { ...letterOf({ rowNumber: 2 }), timestamp: at(1) }]);
  await writer.close();
  await files.purge(part, { before: Date.parse(at(2)), replayedOnly: false });
  expect((await readFile(files.describe(part), 'utf8')).split('\n')).toHaveLength(2);
  expect(existsSync(join(folder, '.orders.ndjson.tmp'))).toBe(false);
  rmSync(folder, { recursive: true });
});

describe('dead letters in PostgreSQL', () => {
  test('are kept when the session is ended in between', async () => {
    const letters = openDeadLetterStore(database.url, 'other');
    const writer = await letters.open(part);
    await writer.append([letterOf()]);
    const ended = await database.sql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'etl dead letters'",
    );
    expect(ended.length).toBeGreaterThan(0);
    await writer.append([letterOf(), letterOf({ rowNumber: 2 })]);
    expect(await Array.fromAsync(letters.list())).toHaveLength(2);
    await letters.close();
  });

  test('of two pipelines do not see each other', async () => {
    const [one, two] = ['one', 'two'].map((pipeline) => openDeadLetterStore(database.url, pipeline));
    const writer = await one?.open(part);
    await writer?.append([letterOf()]);
    expect(await Array.fromAsync(two?.list() ?? [])).toEqual([]);
    expect(await two?.purge(part, { before: Date.now() + 3_600_000, replayedOnly: false })).toBe(0);
    await one?.close();
    await two?.close();
  });

  test('that cannot be reached are an outage, and the password is not told', async () => {
    const url = new URL(database.url);
    url.password = 'not-the-password';
    const refused = openDeadLetterStore(url.href, 'shop');
    const error: unknown = await refused.check().catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'ACCESS_DENIED' });
    expect(String(error)).not.toContain('not-the-password');
    await refused.close();
  });
});
