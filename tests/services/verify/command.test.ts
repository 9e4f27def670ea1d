import { appendFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VerifyReport } from '../../../skeleton/base/src/runtime/verify/report.ts';
import { AssembledRepository, type CommandResult } from '../../support/assemble-repository.ts';
import { useDatabase } from '../postgres/database.ts';

const PIPELINE = `
name: shop
connections:
  landing: { type: files, path: ./data/landing }
  exports: { type: files, path: ./data/exports }
  lake: { type: delta, path: ./data/lake }
  shop: { type: postgres, url: "\${SHOP_DATABASE_URL}" }
resources:
  merged:
    source: { connection: shop, table: orders }
    sink: { connection: shop, table: merged, mode: merge, key: [order_id] }
    incremental: { cursor: updated_at, key: [order_id] }
  versions:
    source: { connection: shop, table: orders }
    sink: { connection: shop, table: versions }
    incremental: { cursor: updated_at, key: [order_id] }
  doubled:
    source: { connection: shop, table: orders }
    sink: { connection: lake, table: doubled }
    incremental: { cursor: updated_at, key: [order_id] }
  exported:
    source: { connection: shop, table: orders }
    sink: { connection: exports, table: exported, format: ndjson, mode: replace }
    mode: full
  landed:
    source: { connection: landing, path: "*.csv" }
    sink: { connection: lake, table: landed }
    verify: true
  kept:
    source: { connection: landing, path: "*.csv" }
    sink: { connection: exports, table: kept, format: csv }
  twin:
    source: { connection: landing, path: "*.csv" }
    sink: { connection: lake, table: twins }
  other_twin:
    source: { connection: landing, path: "*.csv" }
    sink: { connection: lake, table: twins }
  copied:
    source: { connection: landing, path: "*.csv" }
    sink: { connection: shop, table: copied, mode: merge, key: [id] }
    mode: full
`;

const DOUBLED = `
import { resource } from '../runtime/resource.ts';
import { Transformer } from '../runtime/pipeline/transformer.ts';

class Double extends Transformer<{ order_id: number; note: string }, { order_id: number; note: string }> {
  override readonly effect = 'filter';
  transform(rows: readonly { order_id: number; note: string }[]) {
    if (rows.some(({ note }) => note === 'poison')) throw new Error('cannot double poison');
    return rows.filter(({ note }) => note !== 'skip').map((row) => ({ ...row, note: row.note + row.note }));
  }
}

export const doubled = resource<{ order_id: number; note: string }>('doubled').transform(new Double());
`;

const database = useDatabase();
let repository: AssembledRepository;

beforeAll(async () => {
  const overlays = ['base', 'formats/parquet', 'connectors/delta', 'connectors/files', 'connectors/postgres'];
  repository = await AssembledRepository.assemble(overlays);
  await repository.write('pipeline.yaml', PIPELINE);
  await mkdir(join(repository.directory, 'src/resources'), { recursive: true });
  await mkdir(join(repository.directory, 'data/landing'), { recursive: true });
  await repository.write('src/resources/doubled.ts', DOUBLED);
  await repository.write('data/landing/1.csv', 'id,name,total\n1,one,1.10\n2,two,2.20\n3,"",\n');
  await database.sql(`
    CREATE TABLE orders (order_id int PRIMARY KEY, note text NOT NULL, updated_at timestamptz NOT NULL);
    INSERT INTO orders SELECT i, 'note ' || i, timestamptz '2026-01-01' + i * interval '1 second' FROM generate_series(1, 500) i;
    UPDATE orders SET note = 'skip' WHERE order_id = 7;
    UPDATE orders SET note = 'poison' WHERE order_id = 8`);
});
afterAll(() => repository.remove());

function pipeline(...args: string[]): Promise<CommandResult> {
  return repository.pipeline(args, { SHOP_DATABASE_URL: database.url });
}

async function run(...names: string[]): Promise<void> {
  const { exitCode, stderr } = await pipeline('run', ...names);
  expect([exitCode, stderr.replaceAll(/^.*warn.*\n/gim, '')]).toEqual([0, '']);
}

async function verify(name: string, ...args: string[]): Promise<{ exitCode: number | null; report: VerifyReport }> {
  const { exitCode, stdout, stderr } = await pipeline('verify', name, '--json', ...args);
  expect(stderr).toBe('');
  return { exitCode, report: JSON.parse(stdout) };
}

const ALL = ['merged', 'versions', 'doubled', 'exported', 'landed', 'kept', 'copied'];

describe('pipeline verify', () => {
  it('says that nothing was loaded yet', async () => {
    const { exitCode, stderr } = await pipeline('verify', 'merged');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('error NOT_FOUND: Nothing of merged was loaded yet.');
  });

  it('finds every sink equal to its source after a run', async () => {
    await run();
    for (const name of ALL) {
      const { exitCode, report } = await verify(name);
      expect([name, exitCode, report.equal, report.rangesDiffering, report.differences]).toEqual([
        name,
        0,
        true,
        0,
        [],
      ]);
    }
  });

  it('compares what the stages make of the source', async () => {
    const { report } = await verify('doubled');
    expect(report).toMatchObject({ source: { records: 498, place: 'in this process' }, sink: { records: 498 } });
    expect(report.scope.join(' ')).toContain('1 records of the source are left out');
  });

  it('computes the checksums in the databases where both ends are in one, by one query each', async () => {
    const { report } = await verify('merged');
    expect(report).toMatchObject({
      key: ['order_id'],
      source: { records: 500, place: 'in the database', passes: 1 },
      sink: { records: 500, place: 'in the database', passes: 1 },
    });
  });

  it('finds the records that are missing, extra and different, and the columns', async () => {
    await database.sql(`
      DELETE FROM merged WHERE order_id = 10;
      INSERT INTO merged VALUES (1000, 'made up', '2026-01-01');
      UPDATE merged SET note = 'secret name', updated_at = '2026-01-02' WHERE order_id = 20`);
    const { exitCode, report } = await verify('merged');
    expect(exitCode).toBe(1);
    expect(report.differences.toSorted((a, b) => Number(a.key.order_id) - Number(b.key.order_id))).toEqual([
      { kind: 'missing', key: { order_id: 10 } },
      { kind: 'different', key: { order_id: 20 }, columns: ['note', 'updated_at'] },
      { kind: 'extra', key: { order_id: 1000 } },
    ]);
    expect(report).toMatchObject({ equal: false, exhaustive: true, counts: { missing: 1, extra: 1, different: 1 } });
    expect(report).toMatchObject({ source: { passes: 2 }, sink: { passes: 2 } });
  });

  it('shows values only where they are asked for, and stops at the limit', async () => {
    const { stdout } = await pipeline('verify', 'merged');
    expect(stdout).toContain('SOURCE AND SINK DIFFER');
    expect(stdout).toContain('different  {"order_id":20}  note, updated_at');
    expect(stdout).not.toContain('secret name');
    expect((await pipeline('verify', 'merged', '--values')).stdout).toContain('sink {"note":"secret name"');
    await database.sql("UPDATE versions SET note = 'other'");
    const { report } = await verify('versions', '--limit', '5');
    expect(report.differences).toHaveLength(5);
    await database.sql('UPDATE versions SET note = o.note FROM orders o WHERE o.order_id = versions.order_id');
  });

  it('leaves out what the next run will bring, and accepts the versions that a sink keeps', async () => {
    await database.sql(`
      DELETE FROM merged WHERE order_id = 1000;
      UPDATE merged SET note = o.note, updated_at = o.updated_at FROM orders o WHERE o.order_id = merged.order_id;
      INSERT INTO merged SELECT * FROM orders WHERE order_id = 10;
      UPDATE orders SET note = 'changed', updated_at = '2026-02-01' WHERE order_id = 30;
      INSERT INTO orders VALUES (501, 'new', '2026-02-01')`);
    const { exitCode, report } = await verify('merged');
    expect([exitCode, report.equal, report.counts.pending]).toEqual([0, true, 1]);
    await run('merged', 'versions');
    expect((await verify('merged')).report).toMatchObject({ equal: true, rangesDiffering: 0 });
    expect((await verify('versions')).report).toMatchObject({ equal: true, counts: { superseded: 1 } });
  });

  it('finds files that somebody changed behind the back of the pipeline', async () => {
    const folder = join(repository.directory, 'data/exports/kept');
    const [part = ''] = (await readdir(folder)).filter((name) => name.startsWith('part-'));
    await appendFile(join(folder, part), '4,four,4.40\n');
    const { exitCode, report } = await verify('kept', '--key', 'id');
    expect([exitCode, report.differences]).toEqual([1, [{ kind: 'extra', key: { id: 4 } }]]);
    expect((await verify('kept')).report.differences).toEqual([{ kind: 'extra', key: {} }]);
    await rm(join(folder, part));
    expect((await verify('kept')).report).toMatchObject({ counts: { missing: 3 } });
  });

  it('does not call missing what the sink refused and the dead letters have', async () => {
    await database.sql('ALTER TABLE copied ADD CHECK (id < 100)');
    await repository.write('data/landing/2.csv', 'id,name,total\n100,hundred,1.00\n4,four,4.00\n');
    await run('copied');
    expect(await readFile(join(repository.directory, 'data/dead-letters/copied.ndjson'), 'utf8')).toContain('hundred');
    const { exitCode, report } = await verify('copied');
    expect([exitCode, report.counts]).toMatchObject([0, { missing: 0, deadLettered: 1 }]);
  });

  it('compares after each run where the resource says so, and fails the run when they differ', async () => {
    const [landed] = JSON.parse((await pipeline('run', 'landed', '--json')).stdout);
    expect(landed).toMatchObject({
      status: 'complete',
      verification: { equal: true, records: { source: 5, sink: 5 } },
    });
    await repository.write('data/landing/1.csv', 'id,name,total\n1,one,1.10\n');
    const { stdout } = await pipeline('run', 'landed', '--json');
    const [{ status, error, verification }] = JSON.parse(stdout);
    expect([status, error.code, verification.counts.missing + verification.counts.extra]).toEqual([
      'failed',
      'UNRECONCILED',
      3,
    ]);
    expect(error.message).toContain('are extra');
    expect((await pipeline('run', 'landed')).stdout).toContain('verified: DIFFERENT');
  });

  it('refuses to compare one of several resources that write into the same table', async () => {
    const { exitCode, stderr } = await pipeline('verify', 'twin');
    expect([exitCode, stderr]).toEqual([
      64,
      expect.stringContaining('twin shares the table of its sink with other_twin'),
    ]);
  });

  it('refuses a key that the records do not have', async () => {
    const { exitCode, stderr } = await pipeline('verify', 'merged', '--key', 'id');
    expect(exitCode).toBe(64);
    expect(stderr).toContain('id cannot be the key of merged: source and sink share the columns order_id');
  });
});
