import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type SINKS, useEventsService } from './events-service.ts';
import { deltaSink, folderSink, type Sink } from './kill/sinks.ts';

const events = useEventsService();
const { shop, warehouse } = events;

describe('old-contents-kept, dlt 3025: a table that is replaced', () => {
  const contents: Record<keyof typeof SINKS, () => Sink> = {
    postgres: () => ({
      reset: async () => {},
      contents: async () => {
        const rows = await warehouse.sql<{ record: string }>('SELECT to_jsonb(events)::text AS record FROM events');
        return rows.map(({ record }) => record).toSorted();
      },
    }),
    delta: () => deltaSink(events.service),
    files: () =>
      folderSink(events.service, { source: 'postgres', sink: 'files', mode: 'replace', records: 'as they are' }),
  };

  test.each(['postgres', 'delta', 'files'] as const)(
    'shows the old contents until all new ones are there, in %s, when a reload fails, when it is killed, when it succeeds',
    async (name) => {
      await shop.sql(`INSERT INTO events (writer) SELECT 0 FROM generate_series(1, 3000);
        CREATE VIEW reload AS SELECT id, created, 1000 / (2999 - id)::int AS writer FROM events`);
      events.configure(name, 'mode: replace');
      const sink = contents[name]();
      await events.run();
      const old = await sink.contents();
      expect(old).toHaveLength(3000);
      const seen = new Set<string>();
      let reading = true;
      let reads = 0;
      const reader = (async () => {
        while (reading) {
          const found = JSON.stringify(await sink.contents());
          if (reading) seen.add(found);
          reads += 1;
          await delay(5);
        }
      })();
      await shop.sql('UPDATE events SET writer = 7');
      events.configure(name, 'mode: replace', { table: 'reload' });
      const failed = await events.start();
      expect(failed.stderr).toContain('division by zero');
      expect(failed.code).toBe(1);
      events.configure(name, 'mode: replace');
      for (const occurrence of [5, 30]) {
        await events.runKilled({ step: 'batch loaded', occurrence, when: 'during' });
      }
      await events.runKilled({ step: 'load finished', occurrence: 1, when: 'before' });
      const before = reads;
      while (reads < before + 3) await delay(5);
      reading = false;
      await reader;
      expect([...seen].map((found) => found === JSON.stringify(old))).toEqual([true]);
      await watchSwap(sink, old ?? []);
      await events.run();
      const now = await sink.contents();
      expect(now).toHaveLength(3000);
      expect(now?.every((record) => /"writer": ?7/.test(record))).toBe(true);
    },
  );

  /** Nobody sees anything but all of the old records or all of the new ones while a table takes the place of another. */
  async function watchSwap(sink: Sink, old: readonly string[]): Promise<void> {
    const lengths = new Set<number>();
    const versions = new Set<string>();
    let reading = true;
    const reader = (async () => {
      while (reading) {
        const found = (await sink.contents()) ?? [];
        lengths.add(found.length);
        versions.add(JSON.stringify(found.map((record) => /"writer": ?(\d)/.exec(record)?.[1])));
      }
    })();
    await events.run();
    await events.run();
    reading = false;
    await reader;
    expect([...lengths]).toEqual([old.length]);
    for (const version of versions) expect(new Set(JSON.parse(version)).size).toBe(1);
  }
});

describe('a full refresh', () => {
  test('of a sink that appends replaces its contents in one step, and the next run goes on incrementally', async () => {
    await shop.sql('INSERT INTO events (writer) SELECT 1 FROM generate_series(1, 500)');
    events.configure('postgres', 'mode: append', { incremental: '{ cursor: created, key: [id] }' });
    await events.run();
    await shop.sql('DELETE FROM events WHERE id % 2 = 0; INSERT INTO events (writer) VALUES (2)');
    await events.run('--full-refresh');
    await events.expectEqualContents();
    await shop.sql('INSERT INTO events (writer) VALUES (3)');
    await events.run();
    await events.expectEqualContents();
  });

  test.each(['delta', 'files'] as const)('of a sink of type %s, too', async (name) => {
    await shop.sql('INSERT INTO events (writer) SELECT 1 FROM generate_series(1, 500)');
    events.configure(name, 'mode: append', { incremental: '{ cursor: created, key: [id] }' });
    await events.run();
    await shop.sql('DELETE FROM events WHERE id > 400');
    await events.run('--full-refresh');
    await shop.sql('INSERT INTO events (writer) VALUES (2), (3)');
    await events.run();
    const route = { source: 'postgres', sink: name, mode: 'append', records: 'as they are' } as const;
    const found = await (name === 'delta' ? deltaSink(events.service) : folderSink(events.service, route)).contents();
    expect(found).toHaveLength(402);
  });

  test('that is killed leaves the old contents, and merges go on with it', async () => {
    await shop.sql('INSERT INTO events (writer) SELECT 1 FROM generate_series(1, 2000)');
    events.configure('postgres', 'mode: append', { incremental: '{ cursor: created, key: [id] }', batchSize: 2 });
    await events.run();
    await shop.sql('DELETE FROM events WHERE id > 1000');
    await events.runKilled({ step: 'batch loaded', occurrence: 100, when: 'during' }, '--full-refresh');
    expect(await warehouse.sql('SELECT 1 FROM events')).toHaveLength(2000);
    await events.run();
    expect(await warehouse.sql('SELECT 1 FROM events')).toHaveLength(2000);
    await events.run('--full-refresh');
    await events.expectEqualContents();
  });

  test('is refused where it would remove the records of others', async () => {
    events.configure('postgres', 'mode: append', { incremental: '{ cursor: created, key: [id] }' });
    writeFileSync(
      events.service.path('pipeline.yaml'),
      `
  others:
    source: { connection: shop, table: events }
    sink: { connection: warehouse, table: public.events }
    incremental: { cursor: created, key: [id] }
`,
      { flag: 'a' },
    );
    const { code, stderr } = await events.start('events', '--full-refresh');
    expect(stderr).toContain('would remove the records that others wrote into the same sink');
    expect(code).toBe(64);
  });

  test('is the way out for a position of another order', async () => {
    await shop.sql('INSERT INTO events (writer) SELECT 1 FROM generate_series(1, 10)');
    events.configure('postgres', 'mode: replace');
    await events.run();
    events.configure('postgres', 'mode: append', { incremental: '{ cursor: created, key: [id] }' });
    const { code, stderr } = await events.start();
    expect(stderr).toContain('which is no position in the order of created, id');
    expect(stderr).toContain('--full-refresh');
    expect(code).toBe(64);
    await events.run('--full-refresh');
    await shop.sql('INSERT INTO events (writer) VALUES (2)');
    await events.run();
    await events.expectEqualContents();
  });
});
