import { readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TableSchema } from '../../../skeleton/base/src/runtime/schema/table-schema.ts';
import { AssembledRepository, finished } from '../../support/assemble-repository.ts';
import { Deltalake } from './deltalake.ts';
import { load, STREAM, tableFolder } from './loading.ts';

const folder = await tableFolder();
let deltalake: Deltalake;
let repository: AssembledRepository;
beforeAll(async () => {
  deltalake = await Deltalake.install();
  const programs = resolve(import.meta.dirname, 'programs');
  repository = await AssembledRepository.assemble(['base', 'formats/parquet', 'connectors/delta', programs]);
});
afterAll(() => repository.remove());

interface Work {
  readonly path: string;
  readonly stream: string;
  readonly mode: 'append' | 'replace';
  readonly batches: number;
  readonly rows: number;
  readonly first: number;
  readonly partitionBy?: readonly string[];
}

const start = ({ path, ...work }: Work) =>
  repository.start(['load-batches.mjs', JSON.stringify({ ...work, paths: [path] })]);
const range = (length: number) => Array.from({ length }, (_, index) => index);
const logOf = async (path: string) => (await readdir(join(path, '_delta_log'))).sort();

describe('writers at the same time', () => {
  it('lose and double nothing: four processes of ten commits each', async () => {
    const path = folder('four');
    const works = range(4).map(
      (writer): Work => ({
        path,
        stream: `orders/writer-${writer}`,
        mode: 'append',
        batches: 10,
        rows: 1000,
        first: writer * 10_000,
      }),
    );
    const results = await Promise.all(works.map((work) => finished(start(work))));
    expect(results.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual(works.map(() => [0, '']));
    const { version, rows } = await deltalake.read(path);
    expect(version).toBe(40);
    expect(rows.map(({ id }) => id)).toEqual(range(40_000));
    const checkpoints = (await logOf(path)).filter((name) => name.endsWith('.checkpoint.parquet'));
    expect(checkpoints.map((name) => Number(name.slice(0, 20)))).toEqual([10, 20, 30, 40]);
    expect(await readdir(path)).not.toContain('_staging');
  });

  it('replace and append in an order, one after the other', async () => {
    const path = folder('replace-and-append');
    const shared = { path, rows: 500 };
    const [appended, replaced] = await Promise.all([
      finished(start({ ...shared, stream: 'orders/a', mode: 'append', batches: 8, first: 0 })),
      finished(start({ ...shared, stream: 'orders/r', mode: 'replace', batches: 1, first: 100_000 })),
    ]);
    expect([appended.stderr, replaced.stderr]).toEqual(['', '']);
    const { rows, version } = await deltalake.read(path);
    const ids = rows.map(({ id }) => Number(id));
    expect(version).toBe(9);
    expect(ids.filter((id) => id >= 100_000)).toEqual(range(500).map((index) => 100_000 + index));
    const left = ids.filter((id) => id < 100_000);
    expect(left).toEqual(range(4000).slice(4000 - left.length));
    expect(left.length % 500).toBe(0);
  });
});

describe('a writer that is killed', () => {
  it.each([
    ['append', undefined],
    ['append', ['country']],
  ] as const)('%s by %j leaves, after the next run, what an undisturbed one leaves', async (mode, partitionBy) => {
    const work = (path: string): Work => ({
      path,
      stream: STREAM,
      mode,
      batches: 12,
      rows: 2000,
      first: 0,
      ...(partitionBy && { partitionBy }),
    });
    const undisturbed = folder(`undisturbed-${mode}-${partitionBy}`);
    const begun = performance.now();
    expect((await finished(start(work(undisturbed)))).stderr).toBe('');
    const duration = performance.now() - begun;

    const path = folder(`killed-${mode}-${partitionBy}`);
    let kills = 0;
    for (let attempt = 0; attempt < 5; attempt++) {
      const child = start(work(path));
      const ended = finished(child);
      const timer = setTimeout(() => child.kill('SIGKILL'), duration * (0.3 + 0.13 * attempt));
      await ended;
      clearTimeout(timer);
      if (child.signalCode === 'SIGKILL') kills++;
    }
    expect(kills).toBeGreaterThan(1);
    expect((await finished(start(work(path)))).stderr).toBe('');
    const expected = await deltalake.read(undisturbed);
    const { rows } = await deltalake.read(path);
    expect(rows).toEqual(expected.rows);
    expect(rows).toHaveLength(24_000);
    expect(await readdir(path)).not.toContain('_staging');
  });
});

describe('checkpoints', () => {
  const schema: TableSchema = { fields: [{ name: 'id', type: { kind: 'int64' }, nullable: false }] };

  it('stand for the log before them, for deltalake and for us', async () => {
    const path = folder('checkpoints');
    for (const id of range(25)) {
      await load(path, schema, [[{ id }]], { mode: id === 4 ? 'replace' : 'append', stream: `orders/${id % 3}` });
    }
    const log = join(path, '_delta_log');
    const pointer = JSON.parse(await readFile(join(log, '_last_checkpoint'), 'utf8'));
    expect(pointer).toMatchObject({ version: 20, numOfAddFiles: 16 });
    for (const name of await logOf(path)) {
      if (name < '00000000000000000020.' && name !== '_last_checkpoint') await rm(join(log, name));
    }
    expect((await deltalake.read(path)).rows.map(({ id }) => id)).toEqual(range(25).slice(4));
    await load(path, schema, [[{ id: 25 }]], { stream: 'orders/1' });
    const { rows, version } = await deltalake.read(path);
    expect(rows.map(({ id }) => id)).toEqual(range(26).slice(4));
    expect(version).toBe(26);
  });

  it('of others are read, when the commits before them are gone', async () => {
    const path = folder('their-checkpoint');
    await load(path, schema, [[{ id: 1 }]]);
    await deltalake.run('append', path, { rows: [{ id: 2 }] });
    await deltalake.run('checkpoint', path);
    await rm(join(path, '_delta_log', '00000000000000000000.json'));
    await load(path, schema, [[{ id: 3 }]]);
    expect((await deltalake.read(path)).rows.map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  it('keep the files that readers of older versions may need from VACUUM', async () => {
    const path = folder('vacuum');
    await load(path, schema, [[{ id: 1 }]]);
    await load(path, schema, [[{ id: 2 }]], { mode: 'replace' });
    for (const id of range(8)) await load(path, schema, [[{ id: 3 + id }]]);
    expect(await deltalake.run('vacuum', path)).toMatchObject({ removed: [expect.stringMatching(/\.parquet$/)] });
    expect((await deltalake.read(path)).rows.map(({ id }) => id)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});
