import { randomBytes } from 'node:crypto';
import { cp, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { createGunzip } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readParquetDescription } from '../../../skeleton/formats/parquet/src/runtime/formats/parquet/index.ts';
import { AssembledRepository } from '../../support/assemble-repository.ts';
import { runOnSmallDisk, type SmallDiskRun } from './small-disk.ts';

const RECORDS = 6000;
const UNREADABLE = 2000;
const KIB = 1024;
/** What a file takes at least. */
const PAGE = 4 * KIB;

const SINKS: Readonly<Record<string, string>> = {
  delta: 'sink: { connection: lake, table: orders }',
  'delta replaced': 'sink: { connection: lake, table: orders, mode: replace }\n    mode: full',
  'delta in partitions': 'sink: { connection: lake, table: orders, partitionBy: [country] }',
  parquet: 'sink: { connection: exports, table: orders, format: parquet }',
  'parquet replaced': 'sink: { connection: exports, table: orders, format: parquet, mode: replace }\n    mode: full',
  csv: 'sink: { connection: exports, table: orders, format: csv, compression: gzip }',
  ndjson: 'sink: { connection: exports, table: orders, format: ndjson }',
};

let repository: AssembledRepository;
beforeAll(async () => {
  repository = await AssembledRepository.assemble(['base', 'formats/parquet', 'connectors/delta', 'connectors/files']);
  const lines = Array.from({ length: RECORDS }, (_, id) => `${id},${'ABC'[id % 3]},${randomBytes(90).toString('hex')}`);
  await repository.write('orders.csv', `id,country,noise\n${lines.join('\n')}\n`);
  const broken = Array.from({ length: UNREADABLE }, () => `${randomBytes(90).toString('hex')}`);
  await repository.write('broken.csv', `id,country,noise\n${broken.join('\n')}\n`);
});
afterAll(() => repository.remove());

/** What each of these is about lies on the small disk; the rest is somewhere else. */
async function configure(
  sink: string,
  small: 'sink' | 'state' | 'dead letters',
  source = 'orders.csv',
): Promise<string> {
  const folder = `disk-${randomBytes(6).toString('hex')}`;
  const on = (what: typeof small) => (what === small ? folder : `other-${folder}`);
  const file = `${folder}.yaml`;
  await repository.write(
    file,
    `
name: shop
connections:
  here: { type: files, path: . }
  lake: { type: delta, path: ./${on('sink')} }
  exports: { type: files, path: ./${on('sink')} }
state: { path: ./${on('state')}/state, deadLetters: ./${on('dead letters')}/letters }
resources:
  orders:
    source: { connection: here, path: ${source} }
    ${sink}
    batchSize: 1000
    deadLetters: { max: ${UNREADABLE}, share: 1 }
`,
  );
  return folder;
}

function runTwice(folder: string, size: number) {
  const command = [process.execPath, 'src/main.ts', 'run', '--config', `${folder}.yaml`, '--json'];
  const environment = { LOG_LEVEL: 'silent', CI: '' };
  return runOnSmallDisk({ cwd: repository.directory, folder, size, environment }, command);
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Reads each file that has a final name from its beginning to its end. */
async function requireWhole(folder: string): Promise<void> {
  for (const file of await filesIn(folder)) {
    const path = relative(folder, file);
    if (/(^|\/)\.|_staging\//.test(path)) continue;
    if (file.endsWith('.parquet')) await readParquetDescription(file);
    else if (file.endsWith('.gz')) await rowsOf(file);
    else if (/_delta_log\/|\.ndjson$/.test(path)) {
      const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
      for (const line of lines) expect(() => JSON.parse(line), path).not.toThrow();
    } else if (file.endsWith('.json')) expect(JSON.parse(await readFile(file, 'utf8')), path).toBeDefined();
  }
}

/** Data files of Delta tables that no version of the table knows: they would take space for good. */
async function orphansIn(folder: string): Promise<string[]> {
  const files = await filesIn(folder);
  const logs = files.filter((file) => file.includes('_delta_log/'));
  if (logs.length === 0) return [];
  const known = (await Promise.all(logs.map((file) => readFile(file, 'utf8')))).join('');
  return files.filter((file) => /\/part-[^/]*\.parquet$/.test(file) && !known.includes(basename(file)));
}

async function rowsOf(file: string): Promise<number> {
  const gunzip = createGunzip();
  gunzip.end(await readFile(file));
  const text = Buffer.concat(await Array.fromAsync(gunzip)).toString('utf8');
  expect(text.endsWith('\n'), file).toBe(true);
  return text.trimEnd().split('\n').length - 1;
}

function expectFull({ exitCode, stderr, stdout }: SmallDiskRun): void {
  const { error } = stdout === '' ? { error: undefined } : JSON.parse(stdout)[0];
  expect([exitCode, error?.code ?? stderr.slice(0, 14)]).toEqual([
    1,
    error === undefined ? 'error STORAGE:' : 'STORAGE',
  ]);
  expect(error?.message ?? stderr).toContain('the disk is full');
}

function countsOf({ exitCode, stdout, stderr }: SmallDiskRun) {
  expect([exitCode, stderr]).toEqual([0, '']);
  return JSON.parse(stdout)[0].counts;
}

describe('no-half-files: a sink on a disk that is full', () => {
  it.each(Object.entries(SINKS))('%s: nothing half is found there, and the next run completes', async (_, sink) => {
    const fitting = await configure(sink, 'sink');
    const { first: whole } = await runTwice(fitting, 64 * 1024 * KIB);
    const sizes = await Promise.all((await filesIn(whole.folder)).map(async (file) => (await stat(file)).size));
    const pages = sizes.reduce((sum, size) => sum + Math.ceil(size / PAGE), 0);
    expect(countsOf(whole)).toMatchObject({ read: RECORDS, written: RECORDS });
    for (const size of [PAGE, Math.round(0.6 * pages) * PAGE, (pages - 1) * PAGE]) {
      const folder = await configure(sink, 'sink');
      const { first, second } = await runTwice(folder, size);
      expectFull(first);
      await requireWhole(first.folder);
      await requireWhole(second.folder);
      expect(countsOf(second).written).toBe(RECORDS);
      expect(await orphansIn(first.folder)).toEqual([]);
      expect(await orphansIn(second.folder)).toEqual([]);
      const { exitCode, stdout } = await verified(folder, second);
      expect([size, exitCode, stdout]).toMatchObject([size, 0, expect.stringContaining('are equal')]);
    }
  });
});

/** Compares what is there after the second run with the source. */
async function verified(folder: string, { folder: contents }: SmallDiskRun) {
  await cp(contents, join(repository.directory, folder), { recursive: true });
  return repository.pipeline(['verify', 'orders', '--config', `${folder}.yaml`]);
}

describe('no-half-files: a disk that is full', () => {
  it.each([4, 20, 48])('of the state, %i KiB: the run says so, and the next one completes', async (size) => {
    const folder = await configure(SINKS.csv ?? '', 'state');
    const { first, second } = await runTwice(folder, size * KIB);
    expectFull(first);
    expect(countsOf(second)).toMatchObject({ read: RECORDS, written: RECORDS });
  });

  it('of the dead letters: nothing half is found there, and the next run keeps each of them once', async () => {
    const folder = await configure(SINKS.csv ?? '', 'dead letters', 'broken.csv');
    const { first, second } = await runTwice(folder, 512 * KIB);
    expectFull(first);
    const lettersIn = async (run: SmallDiskRun) =>
      (await readFile(join(run.folder, 'letters/orders.ndjson'), 'utf8'))
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line).id);
    const kept = await lettersIn(first);
    expect(kept.length).toBeLessThan(UNREADABLE);
    const all = await lettersIn(second);
    expect(all.slice(0, kept.length)).toEqual(kept);
    expect([all.length, new Set(all).size]).toEqual([UNREADABLE, UNREADABLE]);
  });
});
