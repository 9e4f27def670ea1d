import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { registerSecret } from '../../../skeleton/base/src/runtime/config/secrets.ts';
import { emptyCounts } from '../../../skeleton/base/src/runtime/pipeline/metrics.ts';
import { acquireLease } from '../../../skeleton/base/src/runtime/state/lease.ts';
import type { StateStore } from '../../../skeleton/base/src/runtime/state/state-store.ts';
import { openFolder } from '../../support/state.ts';
import { manifestOf } from './manifests.ts';

const support = resolve(import.meta.dirname, '../../support/state.ts');

let directory: string;
let store: StateStore;

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'state-')), 'data/state');
  store = await openFolder(directory);
});

afterEach(async () => {
  await store.close();
  await rm(resolve(directory, '../..'), { recursive: true });
});

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

  test('whose process lives are shown as running, in a second process too', async () => {
    const running = manifestOf();
    const lease = await acquireLease(store.leases, 'orders', running.id);
    await store.startRun(running);
    const program = `
      const { openFolder } = await import(${JSON.stringify(support)});
      const store = await openFolder(${JSON.stringify(directory)});
      console.log((await store.runs({ limit: 1 })).map((run) => run.status).join());`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
    expect(stdout).toBe('running\n');
    await lease.release();
  });

  test('left open are closed by the next run, which holds the lease itself', async () => {
    const abandoned = manifestOf();
    const other = manifestOf({ resource: 'customers' });
    const lease = await acquireLease(store.leases, 'orders', 'the next run');
    await store.startRun(abandoned);
    await store.startRun(other);
    await store.closeAbandonedRuns('orders');
    const database = new DatabaseSync(join(directory, 'state.db'), { readOnly: true });
    const statuses = database.prepare('SELECT status FROM runs ORDER BY resource').all();
    database.close();
    expect(statuses.map((row) => row.status)).toEqual(['running', 'failed']);
    await lease.release();
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

describe('opening', () => {
  test('an existing store finds what is in it', async () => {
    const run = manifestOf({ status: 'complete' });
    await store.startRun(run);
    await store.close();
    store = await openFolder(directory);
    expect(await store.run(run.id)).toEqual(run);
  });

  test('by several processes at once on a fresh folder makes one schema', async () => {
    const fresh = join(directory, 'fresh');
    await Promise.all(Array.from({ length: 4 }, () => openInAnotherProcess(fresh)));
    const opened = await openFolder(fresh);
    expect(await opened.runs({ limit: 10 })).toHaveLength(4);
    await opened.close();
  });

  test('a damaged file says what to do', async () => {
    const damaged = join(directory, 'damaged');
    await mkdir(damaged);
    await writeFile(join(damaged, 'state.db'), 'this is not a database, it only has its name\n'.repeat(100));
    await expect(openFolder(damaged)).rejects.toMatchObject({
      code: 'STORAGE',
      exitCode: 1,
      message: expect.stringContaining('state.db: the file is damaged'),
      hint: expect.stringContaining('positions live in the sink'),
    });
  });

  test('a folder that cannot be made is an error', async () => {
    await writeFile(join(directory, 'file'), '');
    await expect(openFolder(join(directory, 'file/state'))).rejects.toMatchObject({ name: 'PipelineError' });
  });

  test('a file of a newer version is refused', async () => {
    await store.close();
    const database = new DatabaseSync(join(directory, 'state.db'));
    database.exec("INSERT INTO kysely_migration VALUES ('9999_future', '2030-01-01T00:00:00.000Z')");
    database.close();
    await expect(openFolder(directory)).rejects.toThrow('written by a newer version');
  });

  test('an entry that somebody edited is reported, not taken', async () => {
    await store.startRun(manifestOf({ status: 'complete' }));
    const database = new DatabaseSync(join(directory, 'state.db'));
    database.exec(`UPDATE runs SET manifest = '{"id": 1}'`);
    database.close();
    await expect(store.runs({ limit: 1 })).rejects.toMatchObject({ code: 'STORAGE' });
  });
});

test('a full disk stops the start of a run, not the end of one', async () => {
  const small = join(directory, 'small');
  const program = `
    const { openFolder } = await import(${JSON.stringify(support)});
    const store = await openFolder(${JSON.stringify(small)});
    const run = { ...${JSON.stringify(manifestOf())}, sink: 'x'.repeat(200_000) };
    await store.updateRun(run);
    await store.startRun(run).catch((error) => console.log(error.code, error.message));`;
  const limited = `ulimit -f 128; exec "${process.execPath}" --input-type=module --eval "$PROGRAM"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', limited], {
    encoding: 'utf8',
    env: { ...process.env, PROGRAM: program },
  });
  expect(stdout).toMatch(/^STORAGE .*state\.db: (the disk is full|the device reports an error)\.\n$/);
  expect(stderr).toContain('The history of this run has a gap.');
  expect(await readdir(small)).toContain('state.db');
});

async function openInAnotherProcess(folder: string): Promise<void> {
  const program = `
    const { openFolder } = await import(${JSON.stringify(support)});
    const store = await openFolder(${JSON.stringify(folder)});
    await store.startRun({ ...${JSON.stringify(manifestOf({ status: 'complete' }))}, id: crypto.randomUUID() });
    await store.close();`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
}
