import { chmod, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { columnsFromRows } from '../../../../skeleton/base/src/runtime/columns/rows.ts';
import { logger } from '../../../../skeleton/base/src/runtime/observability/logger.ts';
import type { Batch } from '../../../../skeleton/base/src/runtime/pipeline/batch.ts';
import type { ExtractRequest } from '../../../../skeleton/base/src/runtime/pipeline/extractor.ts';
import type { Position } from '../../../../skeleton/base/src/runtime/pipeline/position.ts';
import { describeType, type TableSchema } from '../../../../skeleton/base/src/runtime/schema/table-schema.ts';
import { ParquetWriter } from '../../../../skeleton/formats/parquet/src/runtime/formats/parquet/index.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { batchesOf, contentsOf, openSource, putFile, schemaOf } from './reading.ts';

const folder = await temporaryFolder();
let folders = 0;

function nextFolder(): string {
  return folder(`${++folders}`);
}

function lines(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, index) => `${from + index},text ${from + index}\n`).join('');
}

function summary(batches: readonly Batch[]) {
  return batches.map(({ identity, ...batch }, index) => ({
    ...identity,
    rows: batches[index]?.rows(),
    rejections: batch.rejections.length,
  }));
}

async function putParquet(
  path: string,
  name: string,
  rows: readonly { id: number; text: string }[],
  seconds = 0,
): Promise<void> {
  const schema = schemaOf(['id', { kind: 'int32' }], ['text', { kind: 'string' }]);
  const target = await putFile(path, name, '');
  const writer = await ParquetWriter.open(target, schema);
  await writer.write(columnsFromRows(schema, rows).columns);
  await writer.finish();
  const { utimes } = await import('node:fs/promises');
  const time = new Date(Date.UTC(2026, 0, 1) + seconds * 1000);
  await utimes(target, time, time);
}

/** A folder with files of every kind; the names do not sort as the times do. */
async function everyKind(): Promise<string> {
  const path = nextFolder();
  await putFile(path, 'z.csv', `id,text\n${lines(0, 25)}bad\n${lines(25, 30)}`, 1);
  await putFile(path, 'y.csv.gz', gzipSync(`id,text\n${lines(100, 130)}`), 2);
  await putFile(path, 'x.csv.zst', zstdCompressSync(`id,text\n${lines(200, 220)}`), 3);
  await putFile(path, 'b.ndjson', Array.from({ length: 20 }, (_, id) => `{"id":${300 + id},"text":"t"}\n`).join(''), 4);
  await putFile(path, 'a.ndjson.gz', gzipSync('{"id":400,"text":"t"}\n{"id":\n{"id":402,"text":"t"}\n'), 4);
  await putFile(
    path,
    'n.json',
    JSON.stringify(Array.from({ length: 23 }, (_, id) => ({ id: 500 + id, text: 't' }))),
    5,
  );
  await putFile(path, 'empty.csv', '', 6);
  await putFile(path, 'header.csv', 'id,text\n', 7);
  await putParquet(
    path,
    'm.parquet',
    Array.from({ length: 31 }, (_, id) => ({ id: 600 + id, text: 't' })),
    8,
  );
  await putFile(path, 'w.csv', Buffer.from(`\ufeffid,text\n${lines(700, 712)}`, 'utf8'), 9);
  return path;
}

/** A folder in which no file matches `*`. */
const withoutMatch = nextFolder();
await putFile(withoutMatch, 'other/a.csv', 'a\n1\n');

const typed = schemaOf(['id', { kind: 'int32' }], ['text', { kind: 'string' }]);

describe('a files source', () => {
  it('reads files in the order of their times, then names; a batch never spans two', async () => {
    const path = await everyKind();
    const source = openSource(path, { path: '*' }, { batchSize: 10 });
    const batches = await batchesOf(source, { columns: typed });
    expect(
      batches.map(({ identity, size, rejections }) => [
        identity.origin.slice(path.length + 1),
        size,
        rejections.length,
      ]),
    ).toEqual([
      ['z.csv', 10, 0],
      ['z.csv', 10, 0],
      ['z.csv', 9, 1],
      ['z.csv', 1, 0],
      ['y.csv.gz', 10, 0],
      ['y.csv.gz', 10, 0],
      ['y.csv.gz', 10, 0],
      ['x.csv.zst', 10, 0],
      ['x.csv.zst', 10, 0],
      ['a.ndjson.gz', 2, 1],
      ['b.ndjson', 10, 0],
      ['b.ndjson', 10, 0],
      ['n.json', 10, 0],
      ['n.json', 10, 0],
      ['n.json', 3, 0],
      ['m.parquet', 10, 0],
      ['m.parquet', 10, 0],
      ['m.parquet', 10, 0],
      ['m.parquet', 1, 0],
      ['w.csv', 10, 0],
      ['w.csv', 2, 0],
    ]);
    expect(batches.map(({ identity }) => identity.sequence)).toEqual(batches.map((_, index) => index + 1));
    expect(source.recordsRead).toBe(30 + 1 + 30 + 20 + 20 + 3 + 23 + 31 + 12);
  });

  it.each([
    ['rows', undefined],
    ['columns', typed],
  ])('resumes behind every batch as if nothing had happened: %s', async (_, columns) => {
    const path = await everyKind();
    const request: Partial<ExtractRequest> = columns === undefined ? {} : { columns };
    const all = summary(await batchesOf(openSource(path, { path: '*' }, { batchSize: 7 }), request));
    for (const [index, { position, sequence }] of all.entries()) {
      const from: Position = JSON.parse(JSON.stringify(position));
      const source = openSource(path, { path: '*' }, { batchSize: 7 });
      const rest = await batchesOf(source, { ...request, from, firstSequence: sequence + 1 });
      expect(summary(rest)).toEqual(all.slice(index + 1));
    }
  });

  it('reads newer files only, and one that has changed again', async () => {
    const path = nextFolder();
    await putFile(path, 'b.csv', 'id\n1\n', 10);
    await putFile(path, 'c.csv', 'id\n2\n', 10);
    const source = () => openSource(path, { path: '*.csv' });
    const from = (await batchesOf(source())).at(-1)?.identity.position;
    expect(await batchesOf(source(), { from })).toEqual([]);
    await putFile(path, 'a.csv', 'id\n3\n', 11);
    await putFile(path, 'b.csv', 'id\n4\n', 12);
    await putFile(path, 'd.csv', 'id\n5\n', 9);
    expect(contentsOf(await batchesOf(source(), { from })).rows).toEqual([{ id: '3' }, { id: '4' }]);
  });

  it('says which files came too late to be read', async () => {
    const path = nextFolder();
    await putFile(path, 'a.csv', 'id\n1\n', 10);
    await putFile(path, 'b.csv', 'id\n2\n', 20);
    const warn = vi.spyOn(logger, 'warn').mockImplementation(() => undefined);
    const source = () => openSource(path, { path: '*.csv' });
    const from = (await batchesOf(source())).at(-1)?.identity.position;
    await delay(20);
    await batchesOf(source(), { from });
    expect(warn).not.toHaveBeenCalled();
    const late = await putFile(path, 'c.csv', 'id\n3\n', 15);
    await putFile(path, 'd.csv', 'id\n4\n', 30);
    const batches = await batchesOf(source(), { from });
    expect(contentsOf(batches).rows).toEqual([{ id: '4' }]);
    expect(warn.mock.calls).toEqual([[{ files: [late] }, expect.stringMatching(/touch them/)]]);
    await batchesOf(source(), { from: batches.at(-1)?.identity.position });
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
  });

  it('does not open a file again that is read to its end', async () => {
    const path = nextFolder();
    const name = await putFile(path, 'a.csv.gz', gzipSync('id\n1\n'));
    const from = (await batchesOf(openSource(path, { path: '*' }))).at(-1)?.identity.position;
    await chmod(name, 0);
    await putFile(path, 'b.csv', 'id\n2\n', 1);
    expect(contentsOf(await batchesOf(openSource(path, { path: '*' }), { from })).rows).toEqual([{ id: '2' }]);
  });

  it('passes over hidden files and such as start with _', async () => {
    const path = nextFolder();
    for (const name of ['a.csv', '.b.csv', '_c.csv', '_d/e.csv', 'f/g.csv', '.h/i.csv'])
      await putFile(path, name, `id\n${name}\n`);
    expect(contentsOf(await batchesOf(openSource(path, { path: '**/*' }))).rows).toEqual([
      { id: 'a.csv' },
      { id: 'f/g.csv' },
    ]);
  });

  it('ends a batch behind 32 MiB', async () => {
    const path = nextFolder();
    const value = 'x'.repeat(1024 * 1024);
    await putFile(path, 'a.csv', `id,text\n${Array.from({ length: 70 }, (_, id) => `${id},${value}\n`).join('')}`);
    const batches = await batchesOf(openSource(path, { path: '*' }, { batchSize: 50_000 }));
    expect(batches.map(({ size }) => size)).toEqual([32, 32, 6]);
    expect(batches.at(1)?.rows()[0]).toEqual({ id: '32', text: value });
  });

  it('estimates what is still to come', async () => {
    const path = nextFolder();
    await putFile(path, 'a.csv', `id,text\n${lines(10_000, 20_000)}`, 1);
    await putParquet(
      path,
      'b.parquet',
      [
        { id: 1, text: 't' },
        { id: 2, text: 't' },
      ],
      2,
    );
    const source = openSource(path, { path: '*' }, { batchSize: 4000 });
    expect(await source.estimate()).toBeGreaterThan(9900);
    expect(await source.estimate()).toBeLessThan(10_100);
    const [first] = await batchesOf(source);
    expect(await source.estimate(first?.identity.position)).toBeLessThan(6100);
  });

  it('stops when it is asked to', async () => {
    const path = nextFolder();
    await putFile(path, 'a.csv', `id,text\n${lines(0, 100)}`);
    const controller = new AbortController();
    const reading = openSource(path, { path: '*' }, { batchSize: 10 }).extract({
      firstSequence: 1,
      signal: controller.signal,
    });
    const sizes: number[] = [];
    await expect(
      (async () => {
        for await (const batch of reading) {
          sizes.push(batch.size);
          controller.abort();
        }
      })(),
    ).rejects.toMatchObject({ name: 'AbortError' });
    expect(sizes).toEqual([10]);
  });
});

describe('the columns of a files source', () => {
  async function columnsOf(files: Readonly<Record<string, string>>, expected?: TableSchema) {
    const path = nextFolder();
    for (const [index, [name, text]] of Object.entries(files).entries()) await putFile(path, name, text, index);
    const source = openSource(path, { path: '*' });
    const { fields } = await source.schema(expected);
    return Object.fromEntries(
      fields.map(({ name, type, nullable }) => [name, `${describeType(type)}${nullable ? '' : '!'}`]),
    );
  }

  it('are inferred from what CSV holds', async () => {
    const header = 'a,b,c,d,e,f,g,h,i,j,k,l\n';
    const text = `${header}1,1.5,007,true,2026-01-31,2026-01-31T10:00:00Z,2026-01-31 10:00:00,x,,1e5,0.1234567890123,2026-01-31\n-2,3,1,FALSE,2026-02-01,2026-01-31T10:00:00+02:00,2026-01-31T10:00,1,,2.5,1,2026-01-31T10:00:00\n`;
    expect(await columnsOf({ 'a.csv': text })).toEqual({
      a: 'int64',
      b: 'decimal(18,1)',
      c: 'string',
      d: 'boolean',
      e: 'date',
      f: 'timestamp with zone',
      g: 'timestamp',
      h: 'string',
      i: 'string',
      j: 'float64',
      k: 'float64',
      l: 'timestamp',
    });
  });

  it('are those of all files together, whatever their formats', async () => {
    const files = {
      'a.csv': 'id,price,note\n1,2.50,\n',
      'b.csv': 'id,price,added\n2,3,x\n',
      'c.ndjson': '{"id":3,"price":2.25,"note":null,"tags":["x"]}\n',
    };
    expect(await columnsOf(files)).toEqual({
      id: 'int64',
      price: 'float64',
      note: 'string',
      added: 'string',
      tags: 'json',
    });
  });

  it('take the types that the sink has', async () => {
    const expected = schemaOf(
      ['id', { kind: 'int32' }, false],
      ['price', { kind: 'decimal', precision: 10, scale: 4 }],
      ['other', { kind: 'date' }],
    );
    expect(await columnsOf({ 'a.csv': 'id,price,note\n1,2.50,x\n' }, expected)).toEqual({
      id: 'int32!',
      price: 'decimal(10,4)',
      note: 'string',
    });
  });

  it('are none where there is nothing to read', async () => {
    expect(await columnsOf({ 'a.csv': '' })).toEqual({});
    expect(await openSource(withoutMatch, { path: '*' }).schema(typed)).toEqual({ fields: [] });
  });
});

describe('a files source that cannot be read', () => {
  it('has no folder, or no file that matches', async () => {
    const missing = openSource(folder('missing'), { path: '*' });
    for (const attempt of [() => missing.schema(), () => batchesOf(missing), () => missing.schema(typed)]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'NOT_FOUND', where: { file: folder('missing') } });
    }
    const empty = openSource(withoutMatch, { path: '*.csv' });
    for (const attempt of [() => empty.schema(), () => batchesOf(empty)]) {
      await expect(attempt()).rejects.toMatchObject({
        code: 'NOT_FOUND',
        message: `No file in ${withoutMatch} matches *.csv.`,
      });
    }
    expect(await missing.check()).toMatchObject([{ ok: false, code: 'NOT_FOUND' }]);
    expect(await empty.check()).toMatchObject([{ ok: true, detail: 'No file matches.' }]);
  });

  it('has nothing to read any more, which is no failure once it has read something', async () => {
    const path = nextFolder();
    const name = await putFile(path, 'a.csv', 'id\n1\n');
    const source = openSource(path, { path: '*' });
    const from = (await batchesOf(source)).at(-1)?.identity.position;
    await rm(name);
    expect(await batchesOf(source, { from })).toEqual([]);
  });

  it('has an extension that says nothing', async () => {
    const path = nextFolder();
    await putFile(path, 'a.txt', 'id\n1\n');
    await expect(batchesOf(openSource(path, { path: '*' }))).rejects.toMatchObject({
      code: 'CONFIGURATION',
      hint: expect.stringMatching(/format/),
    });
    expect(contentsOf(await batchesOf(openSource(path, { path: '*', format: 'csv' }))).rows).toEqual([{ id: '1' }]);
  });

  it('is compressed in several pieces, which are read to the end', async () => {
    const path = nextFolder();
    const pieces = ['id,text\n', lines(0, 5000), lines(5000, 5001)];
    await putFile(path, 'a.csv.zst', Buffer.concat(pieces.map((piece) => zstdCompressSync(piece))));
    await putFile(path, 'b.csv.gz', Buffer.concat(pieces.map((piece) => gzipSync(piece))));
    await putFile(path, 'c.gz', gzipSync(pieces.join('')));
    for (const name of ['a.csv.zst', 'b.csv.gz', 'c.gz']) {
      const { rows } = contentsOf(await batchesOf(openSource(path, { path: name, format: 'csv' })));
      expect(rows).toHaveLength(5001);
    }
  });

  it.each([
    [
      'gz',
      'cut off',
      (archive: Buffer) => archive.subarray(0, 5000),
      /unexpected end of file \(around byte 5000 of it\)/,
    ],
    [
      'zst',
      'cut off',
      (archive: Buffer) => archive.subarray(0, 5000),
      /unexpected end of file \(around byte 5000 of it\)/,
    ],
    ['gz', 'followed by something else', (archive: Buffer) => Buffer.concat([archive, Buffer.from('x,y\n')]), /gzip/],
    ['zst', 'followed by something else', (archive: Buffer) => Buffer.concat([archive, Buffer.from('x,y\n')]), /zstd/],
    ['gz', 'empty', () => Buffer.alloc(0), /byte 0/],
  ])('is an archive (.%s) that is %s', async (extension, _, damage, message) => {
    const path = nextFolder();
    const text = `id,text\n${lines(0, 10_000)}`;
    const name = await putFile(
      path,
      `a.csv.${extension}`,
      damage(extension === 'gz' ? gzipSync(text) : zstdCompressSync(text)),
    );
    await expect(batchesOf(openSource(path, { path: '*' }))).rejects.toMatchObject({
      code: 'UNREADABLE',
      message: expect.stringMatching(message),
      where: { file: name },
    });
  });

  it('is compressed and damaged', async () => {
    const path = nextFolder();
    await putFile(path, 'a.csv.gz', gzipSync(`id,text\n${lines(0, 10_000)}`).subarray(0, 5000));
    await expect(batchesOf(openSource(path, { path: '*' }))).rejects.toMatchObject({
      code: 'UNREADABLE',
      message: expect.stringMatching(/gzip/),
    });
    await putFile(path, 'a.csv.gz', 'id\n1\n');
    await expect(batchesOf(openSource(path, { path: '*' }))).rejects.toMatchObject({ code: 'UNREADABLE' });
    await putFile(path, 'a.parquet', 'PAR1');
    await rm(`${path}/a.csv.gz`);
    await expect(openSource(path, { path: '*' }).schema()).rejects.toMatchObject({ code: 'UNREADABLE' });
  });

  it('has a position of another system', async () => {
    const path = nextFolder();
    await putFile(path, 'a.csv', 'id\n1\n');
    await expect(batchesOf(openSource(path, { path: '*' }), { from: { cursor: '2026-01-01' } })).rejects.toMatchObject({
      code: 'CONFIGURATION',
    });
  });

  it('is described by preflight', async () => {
    const path = nextFolder();
    await putFile(path, 'a.csv', 'id,text\n1,x\n');
    await putFile(path, 'b.csv', 'id;text\n1;x\n', 1);
    await putFile(path, 'c.csv', '', 2);
    expect(await openSource(path, { path: '*.csv' }).check()).toEqual([
      { name: `read ${path}/*.csv`, ok: true, detail: '3 files, 0.0 MiB' },
      { name: `open ${path}/a.csv`, ok: true, detail: 'csv with 2 columns: id, text' },
      {
        name: `open ${path}/b.csv`,
        ok: false,
        code: 'UNREADABLE',
        detail: expect.stringMatching(/single column "id;text".*delimiter/),
      },
      { name: `open ${path}/c.csv`, ok: true, detail: 'It is empty: no records, not even a header.' },
    ]);
  });
});
