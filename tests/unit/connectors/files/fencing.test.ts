import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { STREAM } from './reading.ts';
import { batches, FORMATS, namesIn, newFolders, schema } from './tables.ts';
import { batchOf, openSink, readTable, rejections, runLoad } from './writing.ts';

const nextFolder = await newFolders();

describe('a run that another one has taken over', () => {
  const [first = '', second = ''] = ['0199c0de-0000-7000-8000-000000000001', '0199c0de-0000-7000-8000-000000000002'];
  const by = { code: 'FENCED', exitCode: 75, message: expect.stringContaining(`Run ${second} has taken over`) };

  it.each(FORMATS)('publishes nothing any more, wherever it stood still: %j', async (options) => {
    for (const stoodStill of ['before its first batch', 'in a part', 'behind a batch without records'] as const) {
      const path = nextFolder();
      await runLoad({ loader: openSink(path, options), schema, batches: batches(1) });
      const zombie = openSink(path, options, { writer: first });
      await zombie.checkpoint(STREAM);
      await zombie.prepare(schema);
      const { reject } = rejections();
      if (stoodStill === 'in a part') await zombie.load(batchOf(schema, [{ id: 99, text: 'zombie' }], 2), reject);
      if (stoodStill === 'behind a batch without records') await zombie.load(batchOf(schema, [], 2), reject);
      const next = openSink(path, options, { writer: second });
      await next.checkpoint(STREAM);
      await next.prepare(schema);
      const commit = async () => {
        await zombie.load(batchOf(schema, [{ id: 100, text: 'zombie' }], 3), reject);
        await zombie.finish(true);
      };
      await expect(commit()).rejects.toMatchObject(by);
      await zombie.close();
      await next.load(batchOf(schema, batches(2)[1] ?? [], 2), reject);
      await next.finish(true);
      await next.close();
      expect(await readTable(path, schema)).toEqual(batches(2).flat());
      expect(await openSink(path).checkpoint(STREAM)).toMatchObject({ sequence: 2 });
      expect(await readdir(join(path, 'orders'))).not.toContain('_staging');
    }
  });

  it('is refused when the other one has come to its end, and told which one it was', async () => {
    const path = nextFolder();
    const zombie = openSink(path, {}, { writer: first });
    await zombie.prepare(schema);
    await zombie.load(batchOf(schema, [{ id: 99, text: 'zombie' }], 1), rejections().reject);
    await runLoad({ loader: openSink(path, {}, { writer: second }), schema, batches: batches(2) });
    await expect(zombie.finish(true)).rejects.toMatchObject(by);
    await zombie.close();
    expect(await readTable(path, schema)).toEqual(batches(2).flat());
  });

  it('replaces nothing any more', async () => {
    const path = nextFolder();
    const zombie = openSink(path, {}, { mode: 'replace', writer: first });
    await zombie.prepare(schema);
    await zombie.load(batchOf(schema, [{ id: 99, text: 'zombie' }], 1), rejections().reject);
    const next = openSink(path, {}, { mode: 'replace', writer: second });
    await next.prepare(schema);
    await next.load(batchOf(schema, batches(1)[0] ?? [], 1), rejections().reject);
    await expect(zombie.finish(true)).rejects.toMatchObject(by);
    await zombie.close();
    await next.finish(true);
    await next.close();
    expect(await readTable(path, schema)).toEqual(batches(1).flat());
    expect(await namesIn(path)).toEqual(['.orders.contents', 'orders']);
  });

  it('notices before its first record when the other one has moved the stream', async () => {
    const path = nextFolder();
    const zombie = openSink(path, {}, { writer: first });
    await zombie.checkpoint(STREAM);
    await runLoad({ loader: openSink(path, {}, { writer: second }), schema, batches: batches(2) });
    await expect(zombie.prepare(schema)).rejects.toMatchObject({ code: 'LOCKED' });
    await zombie.close();
  });
});
