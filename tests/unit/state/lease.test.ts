import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test as base, describe } from 'vitest';
import { acquireLease } from '../../../skeleton/base/src/runtime/state/lease.ts';
import { looksAlive } from '../../../skeleton/base/src/runtime/state/lease-store.ts';
import type { StateStore } from '../../../skeleton/base/src/runtime/state/state-store.ts';
import { openFolder } from '../../support/state.ts';

const support = resolve(import.meta.dirname, '../../support/state.ts');

/** A state of its own for each test: most of them wait, and do so side by side. */
class Place {
  readonly directory: string;
  readonly store: StateStore;
  #holder: ChildProcess | undefined;

  private constructor(directory: string, store: StateStore) {
    this.directory = directory;
    this.store = store;
  }

  static async make(): Promise<Place> {
    const directory = await mkdtemp(join(tmpdir(), 'lease-'));
    return new Place(directory, await openFolder(directory));
  }

  /** A second process that takes the lease and keeps it until it is killed. */
  async hold(name: string): Promise<ChildProcess> {
    const program = `
      const { holdLease } = await import(${JSON.stringify(support)});
      await holdLease(${JSON.stringify(this.directory)}, ${JSON.stringify(name)});
      process.stdout.write('held');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#holder = child;
    const [output] = await once(child.stdout, 'data');
    if (String(output) !== 'held') throw new Error(`The process said ${output}.`);
    return child;
  }

  /** Changes what the state says, as another machine, or a clock that is set, would. */
  change(assignments: string): void {
    using database = new DatabaseSync(join(this.directory, 'state.db'));
    database.exec(`UPDATE leases SET ${assignments}`);
  }

  async remove(): Promise<void> {
    this.#holder?.kill('SIGKILL');
    await this.store.close();
    await rm(this.directory, { recursive: true });
  }
}

const test = base.extend<{ place: Place }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern which fixtures are asked for.
  place: async ({}, use) => {
    const place = await Place.make();
    await use(place);
    await place.remove();
  },
}).concurrent;

describe('a lease that another process holds', () => {
  test('is refused, and the message names the holder', async ({ place, expect }) => {
    const holder = await place.hold('orders');
    await expect(acquireLease(place.store.leases, 'orders', 'run-2')).rejects.toMatchObject({
      code: 'LOCKED',
      exitCode: 75,
      where: { resource: 'orders' },
      message: expect.stringMatching(`orders is being run by process ${holder.pid} on ${hostname()} since \\d{4}-`),
    });
  });

  test('is taken over at once when that process is killed', async ({ place, expect }) => {
    const holder = await place.hold('orders');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect((await place.store.leases.list()).filter(looksAlive)).toEqual([]);
    const lease = await acquireLease(place.store.leases, 'orders', 'run-2');
    expect(await place.store.leases.find('orders')).toMatchObject({ run: 'run-2', pid: process.pid, dead: false });
    await lease.release();
    expect(await place.store.leases.list()).toEqual([]);
  });

  test('is taken over when its process stands still for longer than the lease lasts', { timeout: 60_000 }, async ({
    place,
  }) => {
    const holder = await place.hold('orders');
    holder.kill('SIGSTOP');
    place.change('expires_at = 1');
    const lease = await acquireLease(place.store.leases, 'orders', 'run-2');
    await lease.release();
  });

  test('is not taken over when only the clock says that its time is up', { timeout: 60_000 }, async ({
    place,
    expect,
  }) => {
    await place.hold('orders');
    place.change('expires_at = 1');
    await expect(acquireLease(place.store.leases, 'orders', 'run-2')).rejects.toMatchObject({ code: 'LOCKED' });
  });

  test('is taken over when a clock that was set back would keep it for years', { timeout: 60_000 }, async ({
    place,
  }) => {
    const holder = await place.hold('orders');
    holder.kill('SIGSTOP');
    place.change('expires_at = expires_at + 1e12');
    const lease = await acquireLease(place.store.leases, 'orders', 'run-2');
    await lease.release();
  });

  test('of another machine is good until its time is up, whatever processes there are here', async ({
    place,
    expect,
  }) => {
    const holder = await place.hold('orders');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    place.change(`machine = 'another'`);
    await expect(acquireLease(place.store.leases, 'orders', 'run-2')).rejects.toMatchObject({ code: 'LOCKED' });
  });

  test('is told from that of a process that got the same number later', async ({ place }) => {
    await place.hold('orders');
    place.change(`process_started = '1'`);
    const lease = await acquireLease(place.store.leases, 'orders', 'run-2');
    await lease.release();
  });

  test('does not hinder another resource', async ({ place }) => {
    await place.hold('orders');
    const lease = await acquireLease(place.store.leases, 'customers', 'run-2');
    await lease.release();
  });
});

describe('a lease of this process', () => {
  test('is refused a second time, and given again after its release', async ({ place, expect }) => {
    const first = await acquireLease(place.store.leases, 'orders', 'run-1');
    await expect(acquireLease(place.store.leases, 'orders', 'run-2')).rejects.toMatchObject({ code: 'LOCKED' });
    await first.release();
    const second = await acquireLease(place.store.leases, 'orders', 'run-2');
    await second.release();
  });

  test('is renewed', { timeout: 60_000 }, async ({ place, expect }) => {
    const lease = await acquireLease(place.store.leases, 'orders', 'run-1');
    await expect.poll(async () => (await place.store.leases.find('orders'))?.renewals, { timeout: 30_000 }).toBe(1);
    await lease.release();
  });

  test('notices who has taken it over', { timeout: 60_000 }, async ({ place, expect }) => {
    const lease = await acquireLease(place.store.leases, 'orders', 'run-1');
    place.change(`run = 'run-2', host = 'elsewhere', pid = 7`);
    await once(lease.signal, 'abort');
    expect(lease.signal.reason).toMatchObject({
      code: 'FENCED',
      exitCode: 75,
      message: expect.stringContaining('Run run-2 (process 7 on elsewhere'),
    });
    await lease.release();
    expect(await place.store.leases.find('orders')).toMatchObject({ run: 'run-2' });
  });
});

test('of many who want it at once, one gets it', async ({ place, expect }) => {
  const attempts = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => acquireLease(place.store.leases, 'orders', `run-${index}`)),
  );
  const taken = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
  expect(taken).toHaveLength(1);
  await Promise.all(taken.map((lease) => lease.release()));
});
