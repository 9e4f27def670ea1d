import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsFromRows } from '../../../../skeleton/base/src/runtime/columns/rows.ts';
import type { TableSchema } from '../../../../skeleton/base/src/runtime/schema/table-schema.ts';
import { arbitraryRows, EDGE_ROWS, EVERY_TYPE } from '../../../support/every-type.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { batchesOf, contentsOf, openSource, putFile, schemaOf } from './reading.ts';
import { ndjsonText } from './writing.ts';

const folder = await temporaryFolder();
let folders = 0;

async function read(name: string, text: string | Uint8Array, schema?: TableSchema, batchSize = 1000) {
  const path = folder(`${++folders}`);
  await putFile(path, name, text);
  const source = openSource(path, { path: '*' }, { batchSize });
  return contentsOf(await batchesOf(source, schema === undefined ? {} : { columns: schema }));
}

describe('NDJSON', () => {
  it('gives each line as it is', async () => {
    const text = '\ufeff{"a":1,"b":{"c":[null]}}\r\n\n  \n{"a":"x"}\n{"a":9007199254740993}';
    const { rows, rowNumbers, rejections } = await read('a.ndjson', text);
    expect(rows).toEqual([{ a: 1, b: { c: [null] } }, { a: 'x' }, { a: 9_007_199_254_740_993n }]);
    expect([rowNumbers, rejections]).toEqual([[1, 2, 3], []]);
  });

  it('rejects broken lines with their text and their number, and reads the others', async () => {
    const text = Buffer.concat([
      Buffer.from('{"a":1}\n{"a":\n[1]\n7\n'),
      Buffer.from('{"a":"ü"}\n', 'latin1'),
      Buffer.from('{"a":6}\n{"a":7'),
    ]);
    const { rows, rowNumbers, rejections } = await read('a.jsonl', text);
    expect(rows).toEqual([{ a: 1 }, { a: 6 }]);
    expect(rowNumbers).toEqual([1, 6]);
    expect(rejections).toEqual([
      { rowNumber: 2, offset: 8, record: '{"a":', message: expect.stringMatching(/^The record is no JSON: /) },
      { rowNumber: 3, offset: 14, record: '[1]', message: 'The record is no JSON object.' },
      { rowNumber: 4, offset: 18, record: '7', message: 'The record is no JSON object.' },
      { rowNumber: 5, offset: 20, record: '{"a":"ü"}', message: 'The record is not valid UTF-8.' },
      { rowNumber: 7, offset: 38, record: '{"a":7', message: expect.stringMatching(/^The record is no JSON: /) },
    ]);
  });

  it('keeps the beginning of a line of 50 MB', async () => {
    const { rows, rowNumbers, rejections } = await read(
      'a.ndjson',
      `{"a":1}\n{"a":"${'x'.repeat(50_000_000)}"}\n{"a":3}\n`,
    );
    expect([rows, rowNumbers]).toEqual([
      [{ a: 1 }, { a: 3 }],
      [1, 3],
    ]);
    expect(rejections).toMatchObject([{ rowNumber: 2, message: expect.stringMatching(/16 MiB/) }]);
    expect(String(rejections[0]?.record)).toHaveLength(64 * 1024);
  });

  it('rejects values that do not fit, and properties that would be lost', async () => {
    const schema = schemaOf(['a', { kind: 'int32' }], ['bytes', { kind: 'binary' }]);
    const text = '{"a":1,"bytes":"aGk="}\n{"a":"one"}\n{"a":3,"c":1}\n{"a":4,"bytes":"?"}\n{"a":5}\n';
    const { rows, rowNumbers, rejections } = await read('a.ndjson', text, schema);
    expect(rows).toEqual([
      { a: 1, bytes: Buffer.from('hi') },
      { a: 5, bytes: null },
    ]);
    expect(rowNumbers).toEqual([1, 5]);
    expect(rejections).toEqual([
      { rowNumber: 2, offset: 23, record: { a: 'one' }, column: 'a', message: 'a "one" is not int32' },
      {
        rowNumber: 3,
        offset: 35,
        record: { a: 3, c: 1 },
        column: 'c',
        message: 'c is a property that no sampled record has',
      },
      {
        rowNumber: 4,
        offset: 49,
        record: { a: 4, bytes: '?' },
        column: 'bytes',
        message: 'bytes "?" is not binary (base64)',
      },
    ]);
  });

  it('reads what it writes: every type', async () => {
    const text = ndjsonText(columnsFromRows(EVERY_TYPE, EDGE_ROWS).columns);
    expect(await read('a.ndjson', text, EVERY_TYPE)).toMatchObject({ rows: EDGE_ROWS, rejections: [] });
  });

  it('reads what it writes: any records, in batches of any size', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryRows(EVERY_TYPE, 30), fc.integer({ min: 1, max: 20 }), async (rows, batchSize) => {
        const text = ndjsonText(columnsFromRows(EVERY_TYPE, rows).columns);
        expect(await read('a.ndjson', text, EVERY_TYPE, batchSize)).toMatchObject({ rows, rejections: [] });
      }),
      { numRuns: 60 },
    );
  });
});

describe('JSON', () => {
  it.each([
    ['[]', []],
    ['', []],
    [' \n[ {"a":1} , {"a":"]}\\"{["}\n]\n', [{ a: 1 }, { a: ']}"{[' }]],
    ['\ufeff[{"a":{"b":[1,[2]]}}]', [{ a: { b: [1, [2]] } }]],
  ])('%j gives its objects', async (text, rows) => {
    expect(await read('a.json', text)).toMatchObject({ rows, rejections: [] });
  });

  it('rejects elements that are no objects or no JSON', async () => {
    const { rows, rejections } = await read('a.json', '[{"a":1},7,"x",[{"a":2}],{"a":},null,{"a":3}]');
    expect(rows).toEqual([{ a: 1 }, { a: 3 }]);
    expect(rejections.map(({ rowNumber, record }) => [rowNumber, record])).toEqual([
      [2, '7'],
      [3, '"x"'],
      [4, '[{"a":2}]'],
      [5, '{"a":}'],
      [6, 'null'],
    ]);
  });

  it('reads a long array on one line, in batches of any size', async () => {
    const rows = Array.from({ length: 30_000 }, (_, id) => ({ id, text: `text ${id}`.repeat(id % 50) }));
    for (const batchSize of [999, 30_000, 100_000]) {
      expect((await read('a.json', JSON.stringify(rows), undefined, batchSize)).rows).toEqual(rows);
    }
  });

  it.each([
    ['{"a":1}\n{"a":2}\n', /no array/, /ndjson/],
    ['[{"a":1},{"a":', /ends inside/, /completely/],
    ['[{"a":1}', /ends inside/, /completely/],
  ])('is UNREADABLE: %j', async (text, message, hint) => {
    await expect(read('a.json', text)).rejects.toMatchObject({
      code: 'UNREADABLE',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });
});
