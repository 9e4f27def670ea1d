import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readParquetSchema } from '../../../../skeleton/formats/parquet/src/runtime/formats/parquet/index.ts';
import { arbitraryRows, EDGE_ROWS, EVERY_TYPE } from '../../../support/every-type.ts';
import { openSource, putFile, readContents, STREAM, schemaOf } from './reading.ts';
import { batches, FORMATS, namesIn, newFolders, onlyFolderIn, schema } from './tables.ts';
import { batchOf, openSink, readTable, rejections, runLoad } from './writing.ts';

const nextFolder = await newFolders();

describe('a files sink', () => {
  it.each(FORMATS)('writes every type so that a files source reads it: %j', async (options) => {
    const path = nextFolder();
    const loader = openSink(path, options);
    await runLoad({ loader, schema: EVERY_TYPE, batches: [EDGE_ROWS, EDGE_ROWS] });
    expect(await readContents(openSource(path, { path: 'orders/*' }), { columns: EVERY_TYPE })).toMatchObject({
      rows: [...EDGE_ROWS, ...EDGE_ROWS],
      rejections: [],
    });
    expect(await openSink(path, options).schema()).toEqual(EVERY_TYPE);
    expect(loader.recordsWritten).toBe(8);
    expect(loader.describe()).toBe(`${path}/orders, 1 part`);
  });

  it.each(FORMATS)('gives back any records: %j', async (options) => {
    const arbitrary = fc.array(arbitraryRows(EVERY_TYPE, 10), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(arbitrary, async (groups) => {
        const path = nextFolder();
        await runLoad({ loader: openSink(path, options), schema: EVERY_TYPE, batches: [EDGE_ROWS, ...groups] });
        const source = openSource(path, { path: 'orders/*' });
        const found = await readContents(source, { columns: EVERY_TYPE });
        expect(found).toMatchObject({ rows: [EDGE_ROWS, ...groups].flat(), rejections: [] });
      }),
      { numRuns: 15 },
    );
  });

  it('names parts after their first batch and keeps the progress beside them', async () => {
    const path = nextFolder();
    await runLoad({ loader: openSink(path), schema, batches: batches(2) });
    await runLoad({ loader: openSink(path), schema, batches: batches(5) });
    const table = join(path, 'orders');
    const parts = (await namesIn(table)).filter((name) => name.startsWith('part-'));
    expect(parts).toEqual([
      expect.stringMatching(/^part-000000000001-[0-9a-f]{8}\.parquet$/),
      expect.stringMatching(/^part-000000000003-[0-9a-f]{8}\.parquet$/),
    ]);
    expect(await openSink(path).checkpoint(STREAM)).toEqual({ sequence: 5, position: { row: 5 }, complete: true });
    expect(await openSink(path).checkpoint('orders/other')).toBeUndefined();
    expect(JSON.parse(await readFile(join(table, '_schema.json'), 'utf8'))).toEqual({
      columns: [
        { name: 'id', type: 'int32', nullable: true },
        { name: 'text', type: 'string', nullable: true },
      ],
    });
    expect(await readTable(path, schema)).toEqual(batches(5).flat());
  });

  it('commits a part when it is large, and nothing before', async () => {
    const path = nextFolder();
    const loader = openSink(path, { format: 'ndjson' });
    await loader.prepare(schema);
    const { reject } = rejections();
    const text = 'x'.repeat(1024 * 1024);
    for (let sequence = 1; sequence <= 9; sequence++) {
      const rows = Array.from({ length: 16 }, (_, row) => ({ id: sequence * 16 + row, text }));
      await loader.load(batchOf(schema, rows, sequence), reject);
      const committed = sequence < 8 ? undefined : { sequence: 8, position: { row: 8 }, complete: false };
      expect(await openSink(path).checkpoint(STREAM)).toEqual(committed);
      expect(loader.recordsWritten).toBe(sequence < 8 ? 0 : 128);
    }
    await loader.finish(false);
    await loader.close();
    expect(await openSink(path).checkpoint(STREAM)).toEqual({ sequence: 9, position: { row: 9 }, complete: false });
    expect(loader.describe()).toMatch(/, 2 parts$/);
  });

  it('moves on behind batches of which nothing is left, and notes the end of the source', async () => {
    const path = nextFolder();
    await runLoad({ loader: openSink(path), schema, batches: [[], []], complete: false });
    expect(await openSink(path).checkpoint(STREAM)).toEqual({ sequence: 2, position: { row: 2 }, complete: false });
    await runLoad({ loader: openSink(path), schema, batches: [[], []] });
    expect(await openSink(path).checkpoint(STREAM)).toEqual({ sequence: 2, position: { row: 2 }, complete: true });
    expect((await namesIn(join(path, 'orders'))).filter((name) => name.startsWith('part-'))).toEqual([]);
  });

  it('lets several streams write into one table', async () => {
    const path = nextFolder();
    await runLoad({ loader: openSink(path), schema, batches: batches(1) });
    const other = openSink(path, {}, { stream: 'orders/other' });
    await other.prepare(schema);
    await other.load(batchOf(schema, [{ id: 100, text: 'other' }], 1), rejections().reject);
    await other.finish(true);
    await other.close();
    await runLoad({ loader: openSink(path), schema, batches: batches(2) });
    expect((await readTable(path, schema)).map((row) => row.id)).toEqual([0, 1, 2, 3, 4, 5, 100]);
    expect(await other.checkpoint('orders/other')).toMatchObject({ sequence: 1 });
  });

  it('takes more columns: new files have them, old ones do not change', async () => {
    for (const options of [{}, { format: 'csv' }, { format: 'ndjson' }]) {
      const path = nextFolder();
      await runLoad({ loader: openSink(path, options), schema, batches: batches(1) });
      const wider = schemaOf(...schema.fields.map(({ name, type }) => [name, type] as const), [
        'added',
        { kind: 'date' },
      ]);
      const loader = openSink(path, options);
      await loader.evolve(wider.fields.slice(2));
      expect(await loader.schema()).toEqual(wider);
      await runLoad({ loader, schema: wider, batches: [[], [{ id: 9, text: 'x', added: '2026-01-31' }]] });
      expect(await readTable(path, wider)).toEqual([
        ...batches(1)
          .flat()
          .map((row) => ({ ...row, added: null })),
        { id: 9, text: 'x', added: '2026-01-31' },
      ]);
    }
  });

  it('rejects what a Parquet file cannot hold, before anything is committed', async () => {
    const amounts = schemaOf(['id', { kind: 'int32' }], ['amount', { kind: 'decimal', precision: 20, scale: 2 }]);
    const path = nextFolder();
    const loader = openSink(path);
    await loader.prepare(amounts);
    const { all, reject } = rejections();
    const rows = [
      { id: 1, amount: '1.50' },
      { id: 2, amount: 'NaN' },
      { id: 3, amount: null },
    ];
    expect(await loader.load(batchOf(amounts, rows, 1), reject)).toEqual({ written: 2 });
    expect(all).toEqual([
      { record: { id: 2, amount: 'NaN' }, rowNumber: 2, column: 'amount', message: 'amount NaN is not decimal(20,2)' },
    ]);
    await loader.finish(true);
    await loader.close();
    expect((await readTable(path, amounts)).map((row) => row.id)).toEqual([1, 3]);
  });

  it('knows the columns of Parquet files that somebody else put there', async () => {
    const path = nextFolder();
    await runLoad({ loader: openSink(path), schema, batches: batches(1) });
    const [part = ''] = (await namesIn(join(path, 'orders'))).filter((name) => name.startsWith('part-'));
    const given = nextFolder();
    await mkdir(join(given, 'orders'), { recursive: true });
    expect(await openSink(given).schema()).toBeUndefined();
    await rename(join(path, 'orders', part), join(given, 'orders', 'theirs.parquet'));
    expect(await openSink(given).schema()).toEqual(await readParquetSchema(join(given, 'orders', 'theirs.parquet')));
  });
});

describe('a killed run', () => {
  it.each(FORMATS)('leaves nothing that the next one does not mend, wherever it is killed: %j', async (options) => {
    const all = batches(6);
    for (let killedAfter = 0; killedAfter <= 6; killedAfter++) {
      const path = nextFolder();
      await runLoad({ loader: openSink(path, options), schema, batches: all.slice(0, 2) });
      await runLoad({ loader: openSink(path, options), schema, batches: all.slice(0, killedAfter), killedIn: path });
      await runLoad({ loader: openSink(path, options), schema, batches: all });
      expect(await readTable(path, schema)).toEqual(all.flat());
      expect((await namesIn(join(path, 'orders'))).filter((name) => name.startsWith('.'))).toEqual([]);
    }
  });

  it('between a part and its checkpoint doubles nothing, though the next run cuts other batches', async () => {
    const path = nextFolder();
    await runLoad({ loader: openSink(path), schema, batches: batches(2) });
    const checkpoints = join(path, 'orders', '_checkpoints');
    const [name = ''] = await readdir(checkpoints);
    const before = await readFile(join(checkpoints, name));
    await runLoad({ loader: openSink(path), schema, batches: batches(5) });
    await writeFile(join(checkpoints, name), before);
    expect((await readTable(path, schema)).length).toBe(15);
    expect(await openSink(path).checkpoint(STREAM)).toMatchObject({ sequence: 2 });
    await runLoad({ loader: openSink(path), schema, batches: batches(4) });
    expect(await readTable(path, schema)).toEqual(batches(4).flat());
  });

  it('of a first run between a part and its checkpoint doubles nothing', async () => {
    const path = nextFolder();
    await runLoad({ loader: openSink(path), schema, batches: [], killedIn: path });
    const checkpoints = join(path, 'orders', '_checkpoints');
    const [name = ''] = await readdir(checkpoints);
    const before = await readFile(join(checkpoints, name));
    await runLoad({ loader: openSink(path), schema, batches: batches(3) });
    await writeFile(join(checkpoints, name), before);
    await runLoad({ loader: openSink(path), schema, batches: batches(2) });
    expect(await readTable(path, schema)).toEqual(batches(2).flat());
  });

  it('never makes a run remove parts whose checkpoint is lost', async () => {
    const path = nextFolder();
    await runLoad({ loader: openSink(path), schema, batches: batches(3) });
    await rm(join(path, 'orders', '_checkpoints'), { recursive: true });
    await expect(openSink(path).prepare(schema)).rejects.toMatchObject({
      code: 'CONFIGURATION',
      hint: expect.stringMatching(/_checkpoints/),
    });
    expect(await readTable(path, schema)).toEqual(batches(3).flat());
  });
});

describe('a files sink that cannot be written', () => {
  it('refuses to merge, a table outside of its folder and compression twice', () => {
    const merge = () => openSink(nextFolder(), {}, { mode: 'merge', key: ['id'] });
    expect(merge).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }));
    for (const table of ['../orders', '/orders', 'a/../b', '.orders', '_orders', '']) {
      expect(() => openSink(nextFolder(), { table })).toThrow(/folder name/);
    }
    expect(() => openSink(nextFolder(), { compression: 'gzip' })).toThrow(/compressed already/);
  });

  it.each(FORMATS)('has a full disk: nothing half-written is visible: %j', async (options) => {
    const path = nextFolder();
    await runLoad({ loader: openSink(path, options), schema, batches: batches(1) });
    const [part = ''] = (await namesIn(join(path, 'orders'))).filter((name) => name.startsWith('part-'));
    const loader = openSink(path, options);
    await loader.prepare(schema);
    const folder = await onlyFolderIn(join(path, 'orders/_staging'));
    await symlink('/dev/full', join(folder, `.${part.replace('000000000001', '000000000002')}.tmp`));
    const attempt = async () => {
      await loader.load(batchOf(schema, batches(2)[1] ?? [], 2), rejections().reject);
      await loader.finish(true);
    };
    await expect(attempt()).rejects.toMatchObject({ code: 'STORAGE', hint: expect.stringMatching(/space/) });
    await loader.close();
    expect((await namesIn(join(path, 'orders'))).filter((name) => name.includes('part-'))).toEqual([part]);
    expect(await openSink(path).checkpoint(STREAM)).toMatchObject({ sequence: 1 });
    await runLoad({ loader: openSink(path, options), schema, batches: batches(2) });
    expect(await readTable(path, schema)).toEqual(batches(2).flat());
  });

  it('has a file where its folder should be', async () => {
    const path = nextFolder();
    await putFile(path, 'orders', '');
    await expect(openSink(path).prepare(schema)).rejects.toMatchObject({
      where: { file: expect.stringContaining(path) },
    });
  });

  it('has a damaged checkpoint', async () => {
    const path = nextFolder();
    await runLoad({ loader: openSink(path), schema, batches: batches(1) });
    const [name = ''] = await readdir(join(path, 'orders', '_checkpoints'));
    await writeFile(join(path, 'orders', '_checkpoints', name), '{"stream":');
    await expect(openSink(path).checkpoint(STREAM)).rejects.toMatchObject({ code: 'UNREADABLE' });
  });
});
