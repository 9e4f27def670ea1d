import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acquireLock, isLocked } from '../../../skeleton/base/src/runtime/state/lock.ts';

const lockModule = resolve(import.meta.dirname, '../../../skeleton/base/src/runtime/state/lock.ts');

let directory: string;
let holder: ChildProcess | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lock-'));
});

afterEach(async () => {
  holder?.kill('SIGKILL');
  holder = undefined;
  await rm(directory, { recursive: true });
});

/** A second process that takes the lock and keeps it until it is killed. */
async function holdInAnotherProcess(name: string): Promise<ChildProcess> {
  const program = `
    const { acquireLock } = await import(${JSON.stringify(lockModule)});
    await acquireLock(${JSON.stringify(directory)}, ${JSON.stringify(name)});
    process.stdout.write('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = await once(child.stdout, 'data');
  expect(String(output)).toBe('held');
  return child;
}

describe('a lock that another process holds', () => {
  test('is refused, and the message names the holder', async () => {
    holder = await holdInAnotherProcess('orders');
    await expect(acquireLock(directory, 'orders')).rejects.toMatchObject({
      code: 'LOCKED',
      exitCode: 75,
      where: { resource: 'orders' },
      message: expect.stringMatching(`orders is being run by process ${holder.pid} on ${hostname()} since \\d{4}-`),
    });
    expect(isLocked(directory, 'orders')).toBe(true);
  });

  test('is free as soon as the holder is killed', async () => {
    holder = await holdInAnotherProcess('orders');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(isLocked(directory, 'orders')).toBe(false);
    const lock = await acquireLock(directory, 'orders');
    await lock.release();
  });

  test('does not hinder another resource', async () => {
    holder = await holdInAnotherProcess('orders');
    const lock = await acquireLock(directory, 'customers');
    await lock.release();
  });

  test('is refused without a name when the note of the holder is damaged', async () => {
    holder = await holdInAnotherProcess('orders');
    await writeFile(join(directory, 'locks/orders.json'), '{"pid":');
    await expect(acquireLock(directory, 'orders')).rejects.toThrow('orders is being run by another process.');
  });
});

describe('a lock of this process', () => {
  test('is refused a second time, and given again after its release', async () => {
    const first = await acquireLock(directory, 'orders');
    await expect(acquireLock(directory, 'orders')).rejects.toMatchObject({ code: 'LOCKED' });
    await first.release();
    await first.release();
    expect(isLocked(directory, 'orders')).toBe(false);
    const second = await acquireLock(directory, 'orders');
    await second.release();
  });

  test('survives a glance of isLocked', async () => {
    const lock = await acquireLock(directory, 'orders');
    expect(isLocked(directory, 'orders')).toBe(true);
    expect(isLocked(directory, 'orders')).toBe(true);
    await lock.release();
  });

  test('takes any name for a file name', async () => {
    const lock = await acquireLock(directory, 'shop/orders ü');
    expect(isLocked(directory, 'shop/orders ü')).toBe(true);
    await lock.release();
  });
});

test('nothing is locked in a folder that does not exist', () => {
  expect(isLocked(join(directory, 'missing'), 'orders')).toBe(false);
});

test('a lock file that is no lock file is told apart from a held lock', async () => {
  const lock = await acquireLock(directory, 'orders');
  await lock.release();
  await writeFile(
    join(directory, 'locks/orders.lock'),
    'not a database, but some text that somebody put here\n'.repeat(40),
  );
  await expect(acquireLock(directory, 'orders')).rejects.toMatchObject({ code: 'STORAGE' });
});
