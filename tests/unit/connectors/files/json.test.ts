import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsFromRows } from '../../../../skeleton/base/src/runtime/columns/rows.ts';
import type { TableSchema } from '../../../../skeleton/base/src/runtime/schema/table-schema.ts';
import { arbitraryRows, EDGE_ROWS, EVERY_TYPE } from '../../../support/every-type.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { openSource, putFile, readContents, schemaOf } from './reading.ts';
import { ndjsonText } from './writing.ts';

const folder = await temporaryFolder();
let folders = 0;

async function read(name: string, text: string | Uint8Array, schema?: TableSchema, batchSize = 1000) {
  const path = folder(`${++folders}`);
  await putFile(path, name, text);
  const source = openSource(path, { path: '*' }, { batchSize });
  return readContents(source, schema === undefined ? {} : { columns: schema });
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

describe('NDJSON into columns', () => {
  const wide = schemaOf(
    ['id', { kind: 'int64' }],
    ['price', { kind: 'decimal', precision: 38, scale: 20 }],
    ['amount', { kind: 'decimal', precision: 12, scale: 2 }],
    ['share', { kind: 'float64' }],
    ['text', { kind: 'string' }],
    ['nested', { kind: 'json' }],
  );
  const empty = { id: null, price: null, amount: null, share: null, text: null, nested: null };

  it.each([
    ['64-bit integers', '{"id":9223372036854775807}', { id: 9_223_372_036_854_775_807n }],
    ['whole numbers with a point', '{"id":-7.00}', { id: -7 }],
    [
      'more digits than a double has',
      '{"price":123456789.12345678901234567890}',
      { price: '123456789.12345678901234567890' },
    ],
    ['decimals in text', '{"amount":"19.90","price":"0.1"}', { amount: '19.90', price: '0.1' }],
    ['exponents', '{"share":1E-7,"amount":1.5e3}', { share: 1e-7, amount: '1500.00' }],
    ['a double that takes 17 digits', '{"share":0.30000000000000004}', { share: 0.30000000000000004 }],
    ['numbers for text', '{"text":12}', { text: '12' }],
    ['escapes', String.raw`{"text":"\"\\\/\b\f\n\r\t\u00fc\u20AC\ud83c\udf89"}`, { text: '"\\/\b\f\n\r\tü€🎉' }],
    ['keys with escapes', String.raw`{"te\u0078t":"x"}`, { text: 'x' }],
    ['other members first', '{"text":"x","id":1}', { text: 'x', id: 1 }],
    ['spaces', ' { "id" : 1 ,\t"text" : "x" } \r', { id: 1, text: 'x' }],
    ['the last of two values of a key', '{"id":1,"text":"x","id":2}', { id: 2, text: 'x' }],
    ['nested values', '{"nested":{"a":[1,{"b":"}"}]}}', { nested: { a: [1, { b: '}' }] } }],
    ['no members', '{}', {}],
  ])('%s', async (_, line, values) => {
    const { rows, rejections } = await read('a.ndjson', `{"id":0}\n${line}\n{"id":9}\n`, wide);
    expect(rejections).toEqual([]);
    expect(rows).toEqual([
      { ...empty, id: 0 },
      { ...empty, ...values },
      { ...empty, id: 9 },
    ]);
  });

  it.each([
    ['an integer of more than 64 bits', '{"id":9223372036854775808}', 'id 9223372036854775808 is not int64'],
    ['a number beyond float64', '{"share":1e400}', /^The record has the number 1e400, which is beyond/],
    ['whole digits beyond float64', `{"share":${'9'.repeat(400)}}`, /^share 9+… is beyond/],
    ['a number of very many digits', `{"price":${'9'.repeat(140_000)}}`, /more than 131072 digits/],
    [
      'a nested number that would be rounded',
      '{"nested":[12345678901234567890]}',
      /^nested 12345678901234567890 is not json/,
    ],
    ['leading zeros', '{"id":007}', /^The record is no JSON/],
    ['a raw tab', '{"text":"\t"}', /^The record is no JSON/],
    ['a NUL byte', '{"text":"\u0000"}', /^The record is no JSON/],
    ['half of a surrogate pair', String.raw`{"text":"\ud83c"}`, /half of a surrogate pair/],
    ['half of one in a nested key', String.raw`{"nested":{"\udf89":1}}`, /half of a surrogate pair/],
    ['deep nesting', `{"nested":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, /more than 1000 brackets/],
    ['two objects on a line', '{"id":1}{"id":2}', /^The record is no JSON/],
    ['an object that goes on in the next line', '{"id":1,', /^The record is no JSON/],
  ])('rejects %s, and says where', async (_, line, message) => {
    const { rows, rowNumbers, rejections } = await read('a.ndjson', `{"id":0}\n${line}\n{"id":9}\n`, wide);
    expect(rows.map(({ id }) => id)).toEqual([0, 9]);
    expect(rowNumbers).toEqual([1, 3]);
    expect(rejections).toMatchObject([{ rowNumber: 2, offset: 9 }]);
    expect(rejections[0]?.message).toMatch(message);
  });

  it('refuses what is missing where no NULL is allowed', async () => {
    const schema = schemaOf(['a', { kind: 'int32' }, false], ['b', { kind: 'string' }]);
    const { rows, rejections } = await read('a.ndjson', '{"b":"x"}\n{"a":null}\n{"a":3}\n', schema);
    expect(rows).toEqual([{ a: 3, b: null }]);
    expect(rejections.map(({ message }) => message)).toEqual(Array(2).fill('a is missing and may not be null'));
  });

  it('reads ten thousand columns', async () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `column_${index}`);
    const schema = schemaOf(...names.map((name) => [name, { kind: 'int32' }] as const));
    const line = (id: number) => JSON.stringify(Object.fromEntries(names.map((name) => [name, id])));
    const { rows, rejections } = await read('a.ndjson', `${line(1)}\n${line(2)}\n`, schema, 50_000);
    expect(rejections).toEqual([]);
    expect(rows.map(({ column_0, column_9999 }) => [column_0, column_9999])).toEqual([
      [1, 1],
      [2, 2],
    ]);
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

  it('passes over brackets that close nothing', async () => {
    const { rows, rejections } = await read('a.json', '[{"a":1}, }, {"a":2}]');
    expect(rows).toEqual([{ a: 1 }, { a: 2 }]);
    expect(rejections).toMatchObject([{ rowNumber: 2, offset: 10, record: '}' }]);
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
    ['[{"a":1}', /ends inside of its array \(byte 8\)/, /completely/],
    ['[{"a":1}] [', /something follows its array \(byte 10\)/, /completely/],
  ])('is UNREADABLE: %j', async (text, message, hint) => {
    await expect(read('a.json', text)).rejects.toMatchObject({
      code: 'UNREADABLE',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });
});
