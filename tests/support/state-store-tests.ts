import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { registerSecret } from '../../skeleton/base/src/runtime/config/secrets.ts';
import { emptyCounts } from '../../skeleton/base/src/runtime/pipeline/metrics.ts';
import { acquireLease } from '../../skeleton/base/src/runtime/state/lease.ts';
import type { StateStore } from '../../skeleton/base/src/runtime/state/state-store.ts';
import { manifestOf } from './manifests.ts';

/**
 * What every database of the state has to do.
 *
 * @param open the store of the test; empty at first, and the same one whenever it is opened again
 */
export function testStateStore(open: () => Promise<StateStore>): void {
  let store: StateStore;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(() => store.close());

  describe('runs', () => {
    test('come back as they were written, and change as the run goes on', async () => {
      const started = manifestOf({
        from: { cursor: '2026-01-01', key: [1, 'a'] },
        preflight: [
          { name: 'connect', ok: true, detail: 'fine' },
          { name: 'read', ok: false, detail: 'no such table', code: 'NOT_FOUND' },
        ],
      });
      const lease = await acquireLease(store.leases, 'orders', started.id);
      await store.startRun(started);
      expect(await store.run(started.id)).toEqual(started);
      const finished = manifestOf({
        ...started,
        status: 'complete',
        finishedAt: '2026-01-01T00:00:05.000Z',
        counts: { ...emptyCounts(), read: 12, written: 11, deadLettered: 1 },
        durations: { extract: 12.5, load: 30 },
        to: { cursor: '2026-02-01' },
        sink: 'data/lake/orders, Delta version 3',
        schemaChanges: ['column note added'],
        templateVersion: '0.1.0',
      });
      await store.updateRun(finished);
      await lease.release();
      expect(await store.run(started.id)).toEqual(finished);
      expect(await store.runs({ limit: 10 })).toEqual([finished]);
    });

    test('are listed newest first, by resource and status, up to a limit', async () => {
      for (let minute = 0; minute < 4; minute++) {
        const startedAt = `2026-01-01T00:0${minute}:00.000Z`;
        await store.startRun(manifestOf({ resource: 'orders', startedAt, status: 'complete' }));
        await store.startRun(manifestOf({ resource: 'customers', startedAt, status: 'failed' }));
      }
      const orders = await store.runs({ resource: 'orders', limit: 3 });
      expect(orders.map((run) => run.startedAt.slice(14, 16))).toEqual(['03', '02', '01']);
      const failed = await store.runs({ status: 'failed', limit: 10 });
      expect(failed.map((run) => run.resource)).toEqual(['customers', 'customers', 'customers', 'customers']);
      expect(await store.runs({ resource: 'orders', status: 'failed', limit: 10 })).toEqual([]);
    });

    test('unknown ones are undefined', async () => {
      expect(await store.run('0199c0de-0000-7000-8000-000000000000')).toBeUndefined();
    });

    test('whose process is gone are shown as killed', async () => {
      const gone = manifestOf();
      await store.startRun(gone);
      expect(await store.runs({ status: 'failed', limit: 1 })).toMatchObject([
        {
          id: gone.id,
          status: 'failed',
          error: { code: 'KILLED', message: expect.stringContaining('4242 on test-host') },
        },
      ]);
    });

    test('whose lease is renewed are shown as running, to others too', async () => {
      const running = manifestOf();
      const lease = await acquireLease(store.leases, 'orders', running.id);
      await store.startRun(running);
      const other = await open();
      expect((await other.runs({ limit: 1 })).map((run) => run.status)).toEqual(['running']);
      await other.close();
      await lease.release();
    });

    test('left open are closed by the next run, which holds the lease itself', async () => {
      const abandoned = manifestOf();
      const other = manifestOf({ resource: 'customers' });
      const leases = [
        await acquireLease(store.leases, 'orders', 'the next run'),
        await acquireLease(store.leases, 'customers', other.id),
      ];
      await store.startRun(abandoned);
      await store.startRun(other);
      await store.closeAbandonedRuns('orders');
      expect(await store.runs({ status: 'failed', limit: 9 })).toMatchObject([{ id: abandoned.id }]);
      expect(await store.runs({ status: 'running', limit: 9 })).toMatchObject([{ id: other.id }]);
      for (const lease of leases) await lease.release();
    });

    test('keep no secret', async () => {
      registerSecret('hunter2-hunter2');
      const failed = manifestOf({
        status: 'failed',
        error: {
          code: 'ACCESS_DENIED',
          message: 'password "hunter2-hunter2" is wrong',
          where: {},
          hint: 'Not hunter2-hunter2.',
        },
        preflight: [{ name: 'connect', ok: false, detail: 'hunter2-hunter2 was refused' }],
      });
      await store.startRun(failed);
      expect(JSON.stringify(await store.runs({ limit: 1 }))).not.toContain('hunter2');
    });
  });

  test('the last checkpoint of each stream is kept', async () => {
    await store.saveCheckpoint('shop/orders', { sequence: 1, position: { file: 'a.csv' }, complete: false });
    await store.saveCheckpoint('shop/orders', { sequence: 2, position: { file: 'b.csv', row: 7 }, complete: true });
    await store.saveCheckpoint('shop/customers', { sequence: 9, position: {}, complete: false });
    expect(await store.checkpoints()).toEqual([
      {
        stream: 'shop/customers',
        checkpoint: { sequence: 9, position: {}, complete: false },
        updatedAt: expect.any(String),
      },
      {
        stream: 'shop/orders',
        checkpoint: { sequence: 2, position: { file: 'b.csv', row: 7 }, complete: true },
        updatedAt: expect.any(String),
      },
    ]);
  });

  test('what was written is there when it is opened again', async () => {
    const run = manifestOf({ status: 'complete' });
    await store.startRun(run);
    const again = await open();
    expect(await again.run(run.id)).toEqual(run);
    await again.close();
  });

  test('a run is noted again as it was, once its end cannot be written twice', async () => {
    const run = manifestOf({ status: 'complete' });
    await store.updateRun(run);
    await store.updateRun(run);
    expect(await store.runs({ limit: 9 })).toEqual([run]);
  });

  describe('leases', () => {
    test('are refused while somebody else holds them, who is named', async () => {
      const lease = await acquireLease(store.leases, 'orders', 'run-1');
      const other = await open();
      await expect(acquireLease(other.leases, 'orders', 'run-2')).rejects.toMatchObject({
        code: 'LOCKED',
        message: expect.stringContaining(`orders is being run by process ${process.pid} on `),
      });
      expect(await other.leases.list()).toMatchObject([{ name: 'orders', run: 'run-1', dead: false, renewals: 0 }]);
      await lease.release();
      await (await acquireLease(other.leases, 'orders', 'run-2')).release();
      await other.close();
    });

    test('are given to one of many who want them at once', async () => {
      const stores = await Promise.all(Array.from({ length: 5 }, open));
      const attempts = await Promise.allSettled(
        stores.map(({ leases }, index) => acquireLease(leases, 'orders', `run-${index}`)),
      );
      const taken = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
      expect(taken).toHaveLength(1);
      for (const lease of taken) await lease.release();
      for (const opened of stores) await opened.close();
    });

    test('last by the clock of the database, and are lost with what was read about them', async () => {
      expect(await store.leases.insert('orders', 'run-1')).toBe(true);
      expect(await store.leases.insert('orders', 'run-2')).toBe(false);
      const held = await store.leases.find('orders');
      expect(held?.remaining).toBeGreaterThan(25_000);
      expect(held?.remaining).toBeLessThanOrEqual(30_000);
      expect(await store.leases.renew('orders', 'run-1')).toBe(true);
      if (held === undefined) throw new Error('The lease is gone.');
      expect(await store.leases.replace(held, 'run-2')).toBe(false);
      const renewed = await store.leases.find('orders');
      expect(renewed).toMatchObject({ run: 'run-1', renewals: 1 });
      expect(renewed && (await store.leases.replace(renewed, 'run-2'))).toBe(true);
      expect(await store.leases.renew('orders', 'run-1')).toBe(false);
      await store.leases.remove('orders', 'run-1');
      expect(await store.leases.find('orders')).toMatchObject({ run: 'run-2' });
    });
  });
}
