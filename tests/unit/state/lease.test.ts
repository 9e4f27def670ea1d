import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acquireLease } from '../../../skeleton/base/src/runtime/state/lease.ts';
import { looksAlive } from '../../../skeleton/base/src/runtime/state/lease-store.ts';
import type { StateStore } from '../../../skeleton/base/src/runtime/state/state-store.ts';
import { openFolder } from '../../support/state.ts';

const support = resolve(import.meta.dirname, '../../support/state.ts');

let directory: string;
let store: StateStore;
let holder: ChildProcess | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lease-'));
  store = await openFolder(directory);
});

afterEach(async () => {
  holder?.kill('SIGKILL');
  holder = undefined;
  await store.close();
  await rm(directory, { recursive: true });
});

/** A second process that takes the lease and keeps it until it is killed. */
async function holdInAnotherProcess(name: string): Promise<ChildProcess> {
  const program = `
    const { holdLease } = await import(${JSON.stringify(support)});
    await holdLease(${JSON.stringify(directory)}, ${JSON.stringify(name)});
    process.stdout.write('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = await once(child.stdout, 'data');
  expect(String(output)).toBe('held');
  return child;
}

/** Changes what the state says, as another machine, or a clock that is set, would. */
function change(assignments: string): void {
  using database = new DatabaseSync(join(directory, 'state.db'));
  database.exec(`UPDATE leases SET ${assignments}`);
}

describe('a lease that another process holds', () => {
  test('is refused, and the message names the holder', async () => {
    holder = await holdInAnotherProcess('orders');
    await expect(acquireLease(store.leases, 'orders', 'run-2')).rejects.toMatchObject({
      code: 'LOCKED',
      exitCode: 75,
      where: { resource: 'orders' },
      message: expect.stringMatching(`orders is being run by process ${holder.pid} on ${hostname()} since \\d{4}-`),
    });
  });

  test('is taken over at once when that process is killed', async () => {
    holder = await holdInAnotherProcess('orders');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect((await store.leases.list()).filter(looksAlive)).toEqual([]);
    const lease = await acquireLease(store.leases, 'orders', 'run-2');
    expect(await store.leases.find('orders')).toMatchObject({ run: 'run-2', pid: process.pid, dead: false });
    await lease.release();
    expect(await store.leases.list()).toEqual([]);
  });

  test('is taken over when its process stands still for longer than the lease lasts', { timeout: 60_000 }, async () => {
    holder = await holdInAnotherProcess('orders');
    holder.kill('SIGSTOP');
    change('expires_at = 1');
    const lease = await acquireLease(store.leases, 'orders', 'run-2');
    await lease.release();
  });

  test('is not taken over when only the clock says that its time is up', { timeout: 60_000 }, async () => {
    holder = await holdInAnotherProcess('orders');
    change('expires_at = 1');
    await expect(acquireLease(store.leases, 'orders', 'run-2')).rejects.toMatchObject({ code: 'LOCKED' });
  });

  test('is taken over when a clock that was set back would keep it for years', { timeout: 60_000 }, async () => {
    holder = await holdInAnotherProcess('orders');
    holder.kill('SIGSTOP');
    change('expires_at = expires_at + 1e12');
    const lease = await acquireLease(store.leases, 'orders', 'run-2');
    await lease.release();
  });

  test('of another machine is good until its time is up, whatever processes there are here', async () => {
    holder = await holdInAnotherProcess('orders');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    change(`machine = 'another'`);
    await expect(acquireLease(store.leases, 'orders', 'run-2')).rejects.toMatchObject({ code: 'LOCKED' });
  });

  test('is told from that of a process that got the same number later', async () => {
    holder = await holdInAnotherProcess('orders');
    change(`process_started = '1'`);
    const lease = await acquireLease(store.leases, 'orders', 'run-2');
    await lease.release();
  });

  test('does not hinder another resource', async () => {
    holder = await holdInAnotherProcess('orders');
    const lease = await acquireLease(store.leases, 'customers', 'run-2');
    await lease.release();
  });
});

describe('a lease of this process', () => {
  test('is refused a second time, and given again after its release', async () => {
    const first = await acquireLease(store.leases, 'orders', 'run-1');
    await expect(acquireLease(store.leases, 'orders', 'run-2')).rejects.toMatchObject({ code: 'LOCKED' });
    await first.release();
    const second = await acquireLease(store.leases, 'orders', 'run-2');
    await second.release();
  });

  test('is renewed, and notices who has taken it over', { timeout: 60_000 }, async () => {
    const lease = await acquireLease(store.leases, 'orders', 'run-1');
    await expect.poll(async () => (await store.leases.find('orders'))?.renewals, { timeout: 30_000 }).toBe(1);
    change(`run = 'run-2', host = 'elsewhere', pid = 7`);
    await once(lease.signal, 'abort');
    expect(lease.signal.reason).toMatchObject({
      code: 'FENCED',
      exitCode: 75,
      message: expect.stringContaining('Run run-2 (process 7 on elsewhere'),
    });
    await lease.release();
    expect(await store.leases.find('orders')).toMatchObject({ run: 'run-2' });
  });
});

test('of many who want it at once, one gets it', async () => {
  const attempts = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => acquireLease(store.leases, 'orders', `run-${index}`)),
  );
  const taken = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
  expect(taken).toHaveLength(1);
  await Promise.all(taken.map((lease) => lease.release()));
});
