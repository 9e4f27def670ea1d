import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acquireLease } from '../../../skeleton/base/src/runtime/state/lease.ts';
import type { StateStore } from '../../../skeleton/base/src/runtime/state/state-store.ts';
import { manifestOf } from '../../support/manifests.ts';
import { openFolder } from '../../support/state.ts';
import { testStateStore } from '../../support/state-store-tests.ts';

/** The state of each released schema, with something in it. */
const RELEASED = resolve(import.meta.dirname, '../../support/released-states');
/** A user to whom file permissions apply, should the tests be run by root. */
const NOBODY = 65_534;
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

describe('a state in SQLite', () => testStateStore(() => openFolder(directory)));

describe('opening', () => {
  test.each(readdirSync(RELEASED))('%s, as a released version left it, keeps what is in it', async (name) => {
    const released = join(directory, 'released');
    await mkdir(released);
    using file = new DatabaseSync(join(released, 'state.db'));
    file.exec(await readFile(join(RELEASED, name), 'utf8'));
    const opened = await openFolder(released);
    expect(await opened.runs({ limit: 9 })).toMatchObject([
      { status: 'failed', error: { code: 'KILLED' }, shard: { index: 0, count: 2 } },
      { status: 'complete', counts: { read: 5, written: 4 }, sink: 'warehouse.public.orders' },
    ]);
    expect(await opened.checkpoints()).toMatchObject([{ stream: 'shop/orders', checkpoint: { sequence: 7 } }]);
    expect(await opened.deliveries({ limit: 9 })).toMatchObject([{ status: 'delivered', statusCode: 204 }]);
    await (await acquireLease(opened.leases, 'orders', 'run-1')).release();
    await opened.close();
  });

  test('a file that was cut off, or may not be written, says what to do', async () => {
    await store.startRun(manifestOf({ sink: 'x'.repeat(50_000) }));
    await store.close();
    const file = join(directory, 'state.db');
    await truncate(file, 20_000);
    await expect(openFolder(directory)).rejects.toMatchObject({
      code: 'STORAGE',
      hint: expect.stringContaining('positions live in the sink'),
    });
    await rm(directory, { recursive: true });
    store = await openFolder(directory);
  });

  test('by several processes at once makes one schema of each fresh folder', async () => {
    const processes = Array.from({ length: 3 }, () => fork(resolve(support, '../open-state-together.ts')));
    try {
      await Promise.all(processes.map((each) => once(each, 'message')));
      for (let folder = 0; folder < 30; folder++) {
        const fresh = join(directory, String(folder));
        const answers = Promise.all(processes.map((each) => once(each, 'message')));
        for (const each of processes) each.send(fresh);
        expect((await answers).flat().filter((answer) => typeof answer === 'string')).toEqual(Array(3).fill('opened'));
        const opened = await openFolder(fresh);
        expect(await opened.runs({ limit: 10 })).toHaveLength(3);
        await opened.close();
      }
    } finally {
      for (const each of processes) each.kill();
    }
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

  test('a file that may only be read says what to do', async () => {
    await store.close();
    await chmod(join(directory, 'state.db'), 0o444);
    for (const folder of [directory, resolve(directory, '..'), resolve(directory, '../..')]) await chmod(folder, 0o555);
    const program = `
      const { openFolder } = await import(${JSON.stringify(support)});
      const opening = openFolder(${JSON.stringify(directory)}).then((opened) => opened.requireWritable());
      await opening.catch((error) => console.log(error.code, error.message, error.hint));`;
    const root = process.getuid?.() === 0;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
      encoding: 'utf8',
      ...(root && { uid: NOBODY, gid: NOBODY }),
    });
    for (const folder of [directory, resolve(directory, '..'), resolve(directory, '../..')]) await chmod(folder, 0o755);
    await chmod(join(directory, 'state.db'), 0o644);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^STORAGE .*state\.db: it is read-only\. Mount the volume writable/);
    store = await openFolder(directory);
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
