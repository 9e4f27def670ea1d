import { mkdir, readdir, readlink, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { STREAM } from './reading.ts';
import { batches, namesIn, newFolders, onlyFolderIn, schema } from './tables.ts';
import { batchOf, kill, openSink, readTable, rejections, runLoad } from './writing.ts';

const nextFolder = await newFolders();

describe('replace', () => {
  const replacing = { mode: 'replace' } as const;

  it('takes effect when the source was read to its end, and not before', async () => {
    const path = nextFolder();
    await runLoad({ loader: openSink(path, {}, replacing), schema, batches: batches(2, 3, 'old') });
    const loader = openSink(path, {}, replacing);
    await loader.prepare(schema);
    await loader.load(batchOf(schema, [{ id: 7, text: 'new' }], 3), rejections().reject);
    expect(await readTable(path, schema)).toEqual(batches(2, 3, 'old').flat());
    expect(loader.recordsWritten).toBe(0);
    await loader.finish(true);
    await loader.close();
    expect(loader.recordsWritten).toBe(1);
    expect(await readTable(path, schema)).toEqual([{ id: 7, text: 'new' }]);
    expect(await loader.checkpoint(STREAM)).toEqual({ sequence: 3, position: { row: 3 }, complete: true });
    expect(await namesIn(path)).toEqual(['.orders.contents', 'orders']);
    expect(loader.describe()).toBe(`${path}/orders, 1 part`);
  });

  it('keeps the table when a run is interrupted, fails or is killed', async () => {
    for (const end of ['finish', 'close', 'kill']) {
      const path = nextFolder();
      await runLoad({ loader: openSink(path, {}, replacing), schema, batches: batches(2, 3, 'old') });
      const loader = openSink(path, {}, replacing);
      await loader.prepare(schema);
      await loader.load(batchOf(schema, [{ id: 7, text: 'new' }], 3), rejections().reject);
      if (end === 'finish') await loader.finish(false);
      if (end === 'kill') await kill(loader, path);
      else await loader.close();
      expect((await namesIn(path)).filter((name) => name !== '.orders.staging' || end !== 'kill')).toEqual([
        '.orders.contents',
        'orders',
      ]);
      expect(await openSink(path, {}, replacing).checkpoint(STREAM)).toMatchObject({ sequence: 2, complete: true });
      expect(await readTable(path, schema)).toEqual(batches(2, 3, 'old').flat());
      await runLoad({ loader: openSink(path, {}, replacing), schema, batches: batches(4, 3, 'newer') });
      expect(await readTable(path, schema)).toEqual(batches(4, 3, 'newer').slice(2).flat());
    }
  });

  it.each([
    ['decided', 'a link'],
    ['its contents in their place', 'a link'],
    ['decided', 'a folder'],
    ['decided by version 0.1.0', 'a folder'],
    ['the former folder moved away', 'a folder'],
  ])('is completed by the next run after a crash: %s, and the table was %s', async (step, kind) => {
    const path = nextFolder();
    const table = join(path, 'orders');
    const appended = kind === 'a folder';
    await runLoad({ loader: openSink(path, {}, appended ? {} : replacing), schema, batches: batches(2, 3, 'old') });
    const loader = openSink(path, {}, replacing);
    await loader.prepare(schema);
    await loader.load(batchOf(schema, [{ id: 7, text: 'new' }], 3), rejections().reject);
    const staging = await onlyFolderIn(join(path, '.orders.staging'));
    const kept = nextFolder();
    await rename(table, kept);
    await loader.finish(true);
    await loader.close();
    // And now back to where it was.
    const contents = join(path, '.orders.contents', basename(staging));
    await rename(table, join(contents, '_ready'));
    if (step === 'decided by version 0.1.0') {
      await rm(join(contents, '_ready'));
      await writeFile(join(contents, '_ready'), '');
    }
    if (step.startsWith('decided')) {
      await mkdir(dirname(staging), { recursive: true });
      await rename(contents, staging);
    }
    await rename(kept, step === 'the former folder moved away' ? join(path, '.orders.former') : table);

    expect(await openSink(path, {}, replacing).checkpoint(STREAM)).toMatchObject({ sequence: 3, complete: true });
    expect(await openSink(path, {}, replacing).schema()).toEqual(schema);
    const next = openSink(path, {}, replacing);
    await next.prepare(schema);
    expect(await readTable(path, schema)).toEqual([{ id: 7, text: 'new' }]);
    await next.close();
    expect(await namesIn(path)).toEqual(['.orders.contents', 'orders']);
    expect(await namesIn(join(path, '.orders.contents'))).toEqual([basename(staging)]);
    expect(await namesIn(table)).not.toContain('_ready');
  });

  it('never leaves readers without a table, and keeps what they read until the next run', async () => {
    const path = nextFolder();
    await runLoad({ loader: openSink(path, {}, replacing), schema, batches: batches(2, 3, 'old') });
    const former = await realpath(join(path, 'orders'));
    const loader = openSink(path, {}, replacing);
    await loader.prepare(schema);
    await loader.load(batchOf(schema, [{ id: 7, text: 'new' }], 3), rejections().reject);
    const seen = new Set<string>();
    let reading = true;
    const reader = (async () => {
      while (reading) seen.add((await readdir(join(path, 'orders'))).filter((name) => name.startsWith('part-')).join());
    })();
    await loader.finish(true);
    reading = false;
    await reader;
    expect(seen.size).toBeLessThanOrEqual(2);
    expect([...seen]).not.toContain('');
    expect(await namesIn(former)).not.toEqual([]);
    await loader.close();
    const next = openSink(path, {}, replacing);
    await next.prepare(schema);
    await expect(readdir(former)).rejects.toMatchObject({ code: 'ENOENT' });
    await next.close();
  });

  it('that follows on one which a zombie was about to publish is not undone by it', async () => {
    const path = nextFolder();
    await runLoad({ loader: openSink(path, {}, replacing), schema, batches: batches(1, 3, 'old') });
    const before = await readlink(join(path, 'orders'));
    await runLoad({
      loader: openSink(path, {}, replacing),
      schema,
      batches: [...batches(1), [{ id: 7, text: 'zombie' }]],
    });
    const contents = await realpath(join(path, 'orders'));
    await rename(join(path, 'orders'), join(contents, '_ready'));
    await symlink(before, join(path, 'orders'));
    const next = openSink(path, {}, replacing);
    await next.checkpoint(STREAM);
    await next.prepare(schema);
    await expect(rename(join(contents, '_ready'), join(path, 'orders'))).rejects.toMatchObject({ code: 'ENOENT' });
    await next.close();
  });

  it('empties the table when the source has nothing', async () => {
    const path = nextFolder();
    await runLoad({ loader: openSink(path, {}, replacing), schema, batches: batches(2) });
    const loader = openSink(path, {}, replacing);
    await loader.prepare(schema);
    await loader.finish(true);
    await loader.close();
    expect((await namesIn(join(path, 'orders'))).filter((name) => name.startsWith('part-'))).toEqual([]);
  });
});
