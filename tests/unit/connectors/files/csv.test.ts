import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsFromRows } from '../../../../skeleton/base/src/runtime/columns/rows.ts';
import type { TableSchema } from '../../../../skeleton/base/src/runtime/schema/table-schema.ts';
import { arbitraryRows, EDGE_ROWS, EVERY_TYPE } from '../../../support/every-type.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { openSource, putFile, readContents, schemaOf } from './reading.ts';
import { csvText } from './writing.ts';

const folder = await temporaryFolder();
let folders = 0;

interface Reading {
  readonly options?: object;
  readonly schema?: TableSchema;
  readonly batchSize?: number;
  readonly name?: string;
}

async function read(text: string | Uint8Array, { options, schema, batchSize = 1000, name = 'a.csv' }: Reading = {}) {
  const path = folder(`${++folders}`);
  await putFile(path, name, text);
  const source = openSource(path, { path: '*', ...options }, { batchSize });
  return readContents(source, schema === undefined ? {} : { columns: schema });
}

const twoTexts = schemaOf(['a', { kind: 'string' }], ['b', { kind: 'string' }]);

describe('CSV as text', () => {
  it.each([
    [
      'plain fields',
      'a,b\n1,x\n2,y\n',
      [
        ['1', 'x'],
        ['2', 'y'],
      ],
    ],
    ['no line end at the end', 'a,b\n1,x', [['1', 'x']]],
    [
      'Windows line ends',
      'a,b\r\n1,x\r\n"2","y"\r\n',
      [
        ['1', 'x'],
        ['2', 'y'],
      ],
    ],
    ['quotes, doubled quotes and line ends in quotes', 'a,b\n"x,""y""","1\n2\r\n3"\n', [['x,"y"', '1\n2\r\n3']]],
    ['quotes inside of plain fields', 'a,b\n5" pipe,it\'s "fine"\n', [['5" pipe', 'it\'s "fine"']]],
    [
      'an empty field as NULL and an empty text',
      'a,b\n,""\n"",\n',
      [
        [null, ''],
        ['', null],
      ],
    ],
    [
      'blank lines',
      '\n\na,b\n\n1,x\n\r\n\n2,y\n\n',
      [
        ['1', 'x'],
        ['2', 'y'],
      ],
    ],
    ['a byte order mark', '\ufeffa,b\n1,x\n', [['1', 'x']]],
    ['a byte order mark before quotes', '\ufeff"a",b\n1,x\n', [['1', 'x']]],
    ['unicode', 'a,b\nGrüße,世界🎉\n', [['Grüße', '世界🎉']]],
    ['spaces as they are', 'a,b\n x , y \n', [[' x ', ' y ']]],
    ['only a header', 'a,b\n', []],
    ['only a header without a line end', 'a,b', []],
    ['nothing', '', []],
    ['nothing but blank lines', '\n\r\n\n', []],
  ])('%s', async (_, text, expected) => {
    const rows = expected.map(([a, b]) => ({ a, b }));
    for (const schema of [undefined, twoTexts]) {
      expect(await read(text, schema && { schema })).toMatchObject({ rows, rejections: [] });
    }
  });

  it('reads a single column, in which a blank line is NULL', async () => {
    expect((await read('a\n1\n\n""\n2\n')).rows).toEqual([{ a: '1' }, { a: null }, { a: '' }, { a: '2' }]);
  });

  it('takes other delimiters, quotes and texts for NULL', async () => {
    const options = { delimiter: ';', quote: "'", nullText: '\\N' };
    const rows = [
      { a: 'x;y', b: null },
      { a: '', b: '\\N' },
      { a: "it's", b: '"' },
    ];
    const text = "a;b\n'x;y';\\N\n;'\\N'\n'it''s';\"\n";
    expect(await read(text, { options })).toMatchObject({ rows, rejections: [] });
    expect((await read('a\tb\n1\tx\n', { name: 'a.tsv' })).rows).toEqual([{ a: '1', b: 'x' }]);
  });

  it('names columns that have no name, or the same one', async () => {
    expect((await read('a,,a, b \n1,2,3,4\n')).rows).toEqual([{ a: '1', column_2: '2', a_2: '3', b: '4' }]);
    expect((await read('1,2\n', { options: { header: false } })).rows).toEqual([{ column_1: '1', column_2: '2' }]);
    expect((await read('1,2\n', { options: { header: ['x', 'y'] } })).rows).toEqual([{ x: '1', y: '2' }]);
  });

  it.each([
    ['latin1', 'without a mark', Buffer.from('a,b\nGrüße,é\n', 'latin1')],
    ['utf-16le', 'without a mark', Buffer.from('a,b\nGrüße,é\n', 'utf16le')],
    ['utf-16be', 'without a mark', Buffer.from('a,b\nGrüße,é\n', 'utf16le').swap16()],
    ['utf-8', 'with the mark of UTF-16', Buffer.from('\ufeffa,b\nGrüße,é\n', 'utf16le')],
    ['latin1', 'with the mark of UTF-16BE', Buffer.from('\ufeffa,b\nGrüße,é\n', 'utf16le').swap16()],
    ['latin1', 'with the mark of UTF-8', Buffer.from('\ufeffa,b\nGrüße,é\n')],
  ])('reads %s %s', async (encoding, _, bytes) => {
    expect((await read(bytes, { options: { encoding } })).rows).toEqual([{ a: 'Grüße', b: 'é' }]);
  });

  it('reads Windows-1252, which is what most programs mean by Latin-1', async () => {
    const text = Buffer.concat([Buffer.from('a,b\n'), Buffer.of(0x80, 0x2c, 0x93, 0x78, 0x94, 0x0a)]);
    expect((await read(text, { options: { encoding: 'latin1' } })).rows).toEqual([{ a: '€', b: '“x”' }]);
  });

  it('rejects what is no UTF-16: half characters, an odd byte at the end', async () => {
    const text = Buffer.concat([Buffer.from('\ufeffa,b\n1,🎉\n2,\ud83c\n3,y\n4,z', 'utf16le'), Buffer.of(0x41)]);
    const { rows, rejections } = await read(text);
    expect(rows).toEqual([
      { a: '1', b: '🎉' },
      { a: '3', b: 'y' },
    ]);
    expect(rejections).toMatchObject([
      { rowNumber: 2, column: 'b' },
      { rowNumber: 4, column: 'b' },
    ]);
  });

  it.each([1, 100])('takes escapes, comments and several texts for NULL, in %i columns', async (columns) => {
    const options = { escape: '\\', comment: '#', nullText: ['', 'NULL', '\\N'] };
    const more = Array.from({ length: columns }, (_, index) => `c${index}`);
    const rest = more.map((_, index) => `,${index}`).join('');
    const text = `# made by hand\na,b,${more.join(',')}\n"x\\"\\\\y",NULL${rest}\n#"\n\\N,"NULL"${rest}\n`;
    const { rows, rejections } = await read(text, { options });
    expect(rejections).toEqual([]);
    expect(rows.map(({ a, b }) => [a, b])).toEqual([
      ['x"\\y', null],
      [null, 'NULL'],
    ]);
  });

  it('reads files without quotes', async () => {
    const { rows } = await read('a\tb\n"1\t5" pipe\n', { name: 'a.tsv', options: { quote: false } });
    expect(rows).toEqual([{ a: '"1', b: '5" pipe' }]);
  });

  it('keeps NUL bytes where there is text', async () => {
    expect((await read('a,b\n1,x\0y\n')).rows).toEqual([{ a: '1', b: 'x\0y' }]);
  });

  it('reads ten thousand columns in groups that fit into memory', async () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `c${index}`);
    const line = (id: number) => names.map(() => id).join(',');
    const text = `${names.join(',')}\n${Array.from({ length: 250 }, (_, id) => `${line(id)}\n`).join('')}1,2\n`;
    const { rows, rejections } = await read(text, { batchSize: 50_000 });
    expect(rows.map(({ c9999 }) => c9999)).toEqual(Array.from({ length: 250 }, (_, id) => String(id)));
    expect(rejections).toMatchObject([{ rowNumber: 251, message: 'The record has 2 fields, the header has 10000.' }]);
  });
});

describe('records that are none', () => {
  it('are rejected with their text and their number, and the others are read', async () => {
    const text = 'a,b\n1,x\n2\n3,y,z\n"4",y\n"5"6,y\n7,y\n8,"never closed\n9,z\n';
    const { rows, rowNumbers, rejections } = await read(text);
    expect(rows).toEqual([
      { a: '1', b: 'x' },
      { a: '4', b: 'y' },
      { a: '7', b: 'y' },
      { a: '9', b: 'z' },
    ]);
    expect(rowNumbers).toEqual([1, 4, 6, 8]);
    expect(rejections).toEqual([
      { rowNumber: 2, offset: 8, record: '2', message: 'The record has 1 fields, the header has 2.' },
      { rowNumber: 3, offset: 10, record: '3,y,z', message: 'The record has 3 fields, the header has 2.' },
      { rowNumber: 5, offset: 22, record: '"5"6,y', message: 'The record has text behind a closing quote.' },
      { rowNumber: 7, offset: 33, record: '8,"never closed', message: 'The record has a quote that is never closed.' },
    ]);
  });

  it('are those that are no UTF-8, whose bytes are kept', async () => {
    const text = Buffer.concat([Buffer.from('a,b\n1,ü\n'), Buffer.from('2,ü\n', 'latin1'), Buffer.from('3,ü\n')]);
    for (const schema of [undefined, twoTexts]) {
      const { rows, rejections } = await read(text, schema && { schema });
      expect(rows).toEqual([
        { a: '1', b: 'ü' },
        { a: '3', b: 'ü' },
      ]);
      expect(rejections).toEqual([
        { rowNumber: 2, offset: 9, column: 'b', record: { a: '2', b: 'ü' }, message: 'b is not valid UTF-8' },
      ]);
    }
  });

  it('are those longer than 16 MiB, of which the beginning is kept', async () => {
    const long = 'x'.repeat(50 * 1024 * 1024);
    const text = `a,b\n1,x\n2,${long}\n3,y\n4,"${long}"\n5,z\n`;
    const { rows, rowNumbers, rejections } = await read(text);
    expect(rows).toEqual([
      { a: '1', b: 'x' },
      { a: '3', b: 'y' },
      { a: '5', b: 'z' },
    ]);
    expect(rowNumbers).toEqual([1, 3, 5]);
    const message = 'The record is longer than 16 MiB; only its beginning is kept.';
    expect(rejections).toEqual([
      { rowNumber: 2, offset: 8, message, record: `2,${'x'.repeat(65_534)}` },
      { rowNumber: 4, offset: 8 + 3 + long.length + 4, message, record: `4,"${'x'.repeat(65_533)}` },
    ]);
  });

  it('cost one line when a quote is never closed, however much follows', async () => {
    const line = `${'x'.repeat(1023)},y\n`;
    const { rows, rejections } = await read(`a,b\n1,"stray\n${line.repeat(20 * 1024)}`, { batchSize: 50_000 });
    expect(rows).toHaveLength(20 * 1024);
    expect(rejections).toMatchObject([{ rowNumber: 1, record: '1,"stray' }]);
  });
});

describe('CSV into typed columns', () => {
  const typed = schemaOf(
    ['id', { kind: 'int64' }, false],
    ['amount', { kind: 'decimal', precision: 8, scale: 2 }],
    ['share', { kind: 'float64' }],
    ['day', { kind: 'date' }],
    ['at', { kind: 'timestamp', zone: true }],
    ['paid', { kind: 'boolean' }],
  );
  const header = 'id,amount,share,day,at,paid\n';

  it('takes values in their common forms', async () => {
    const text = `${header}1,19.90,0.1,2026-02-28,2026-01-31T10:00:00Z,true\n"-2","-0.05","-1e-7","2024-02-29","2026-01-31 10:00:00.5","f"\n3,,,,,\n4,"","","","",""\n`;
    const { rows, rejections } = await read(text, { schema: typed });
    expect(rejections).toEqual([]);
    expect(rows).toEqual([
      { id: 1, amount: '19.90', share: 0.1, day: '2026-02-28', at: '2026-01-31T10:00:00Z', paid: true },
      { id: -2, amount: '-0.05', share: -1e-7, day: '2024-02-29', at: '2026-01-31T10:00:00.500Z', paid: false },
      { id: 3, amount: null, share: null, day: null, at: null, paid: null },
      { id: 4, amount: null, share: null, day: null, at: null, paid: null },
    ]);
  });

  it.each([
    ['id', 'x1,1,1,2026-01-01,2026-01-01T00:00:00Z,true', 'id "x1" is not int64'],
    ['id', ',1,1,2026-01-01,2026-01-01T00:00:00Z,true', 'id is missing and may not be null'],
    ['id', '9223372036854775808,,,,,', 'id "9223372036854775808" is not int64'],
    ['amount', '1,1.999,,,,', 'amount "1.999" is not decimal(8,2)'],
    ['amount', '1,1000000.00,,,,', 'amount "1000000.00" is not decimal(8,2)'],
    ['share', '1,,one,,,', 'share "one" is not float64'],
    ['day', '1,,,2025-02-29,,', 'day "2025-02-29" is not date'],
    ['at', '1,,,,2026-01-31T25:00:00Z,', 'at "2026-01-31T25:00:00Z" is not timestamp with zone'],
    ['paid', '1,,,,,perhaps', 'paid "perhaps" is not boolean'],
  ])('rejects a record whose %s does not fit', async (column, record, message) => {
    const good = '7,1,1,2026-01-01,2026-01-01T00:00:00Z,true\n';
    const { rows, rowNumbers, rejections } = await read(`${header}${good}${record}\n${good}`, { schema: typed });
    expect(rows.map((row) => row.id)).toEqual([7, 7]);
    expect(rowNumbers).toEqual([1, 3]);
    expect(rejections).toEqual([
      {
        rowNumber: 2,
        offset: header.length + good.length,
        column,
        message,
        record: expect.objectContaining({ id: record.split(',')[0] }),
      },
    ]);
  });

  it('finds columns by name, in any order; one that a file has not is NULL', async () => {
    const schema = schemaOf(['b', { kind: 'int32' }], ['missing', { kind: 'int32' }], ['a', { kind: 'string' }]);
    expect((await read('a,b\nx,1\n', { schema })).rows).toEqual([{ b: 1, missing: null, a: 'x' }]);
  });

  it('reads what it writes: every type', async () => {
    const { columns } = columnsFromRows(EVERY_TYPE, EDGE_ROWS);
    const text = csvText(columns);
    expect(await read(text, { schema: EVERY_TYPE })).toMatchObject({ rows: EDGE_ROWS, rejections: [] });
  });

  it('writes dates beyond four digits of a year, and zeros with their sign', async () => {
    const schema = schemaOf(
      ['day', { kind: 'date' }],
      ['at', { kind: 'timestamp', zone: false }],
      ['x', { kind: 'float64' }],
    );
    const rows = [
      { day: '+010000-01-01', at: '+010000-01-01T00:00:00', x: -0 },
      { day: '9999-12-31', at: '9999-12-31T23:59:59.999999', x: 0 },
      { day: '0000-01-01', at: '0000-01-01T00:00:00', x: Number.NaN },
      { day: '-000001-12-31', at: '-000001-12-31T23:59:59.999', x: Number.NEGATIVE_INFINITY },
      { day: 'infinity', at: '-infinity', x: 1e21 },
    ];
    const text = csvText(columnsFromRows(schema, rows).columns);
    expect(text.split('\n').slice(1, -1)).toEqual(
      rows.map(({ day, at, x }) => `${day},${at},${Object.is(x, -0) ? '-0' : x}`),
    );
    expect((await read(text, { schema })).rows).toEqual(rows);
  });

  it('reads what it writes: any records, with either line end, in batches of any size', async () => {
    const arbitrary = fc.tuple(arbitraryRows(EVERY_TYPE, 30), fc.integer({ min: 1, max: 20 }), fc.boolean());
    await fc.assert(
      fc.asyncProperty(arbitrary, async ([rows, batchSize, windows]) => {
        const { columns } = columnsFromRows(EVERY_TYPE, rows);
        const lines = csvText(columns);
        const text = windows ? lines.replaceAll(/(?<=^(?:[^"]|"[^"]*")*)\n/g, '\r\n') : lines;
        expect(await read(text, { schema: EVERY_TYPE, batchSize })).toMatchObject({ rows, rejections: [] });
      }),
      { numRuns: 60 },
    );
  });

  it('agrees with the conversion of texts for any field, quoted or not', async () => {
    const kinds = fc.constantFrom(...EVERY_TYPE.fields.map(({ type }) => type));
    const field = fc.oneof(
      fc.stringMatching(/^-?[0-9]{0,20}(\.[0-9]{0,20})?$/),
      fc.stringMatching(
        /^[0-9]{4}-[01][0-9]-[0-3][0-9]([T ][0-2][0-9]:[0-5][0-9](:[0-5][0-9](\.[0-9]{1,7})?)?(Z|\+02:00)?)?$/,
      ),
      fc.constantFrom(
        'true',
        'F',
        '1e5',
        '-',
        '.',
        '-.5',
        '5.',
        'NaN',
        'Infinity',
        '0x1F',
        ' 7',
        '+7',
        '007',
        '-0',
        'null',
        '{"a":1}',
        'aGk=',
        '2026-02-30',
      ),
    );
    await fc.assert(
      fc.asyncProperty(kinds, fc.array(field, { minLength: 1, maxLength: 20 }), async (type, fields) => {
        const schema = schemaOf(['id', { kind: 'int32' }], ['value', type]);
        const plain = fields.map((text, id) => `${id},${text}\n`).join('');
        const quoted = fields.map((text, id) => `${id},"${text.replaceAll('"', '""')}"\n`).join('');
        const careful = fields.map((text, id) => `"${id}","${text.replaceAll('"', '""')}"\n"",""\r\n`).join('');
        const expected = await read(`id,value\n${quoted}`, { schema });
        if (type.kind === 'string') return;
        const unquoted = await read(`id,value\n${plain}`, { schema });
        expect(unquoted.rows).toEqual(expected.rows);
        const placed = expected.rejections.map((rejection) => ({ ...rejection, offset: expect.any(Number) }));
        expect(unquoted.rejections).toEqual(placed);
        const twice = await read(`id,value\n${careful}`, { schema });
        expect(twice.rows.filter((row) => row.id !== null)).toEqual(expected.rows);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the fast way of reading CSV', () => {
  /** Bytes that are no UTF-8 at the end of a small file keep all of its records from being read the fast way. */
  const notUtf8 = Buffer.from('\nü,ü\n', 'latin1');

  it('agrees with the careful one about any text', async () => {
    const tokens = fc.constantFrom(
      ',',
      '"',
      '""',
      '\n',
      '\r\n',
      '\r',
      'x',
      '1',
      '-7',
      ' ',
      'ü',
      '2026-01-31',
      '0.5',
      '","',
      '"\n',
      '\n"',
    );
    const schema = schemaOf(
      ['a', { kind: 'string' }],
      ['b', { kind: 'int64' }],
      ['c', { kind: 'decimal', precision: 5, scale: 2 }],
    );
    const arbitrary = fc.tuple(fc.array(tokens, { maxLength: 40 }), fc.constantFrom(undefined, twoTexts, schema));
    await fc.assert(
      fc.asyncProperty(arbitrary, async ([parts, columns]) => {
        const header = columns === schema ? 'a,b,c\n' : 'a,b\n';
        const text = header + parts.join('');
        const options = columns && { schema: columns };
        const fast = await read(text, options);
        const careful = await read(Buffer.concat([Buffer.from(text), notUtf8]), options);
        // A quote that is still open at the end meets other bytes in the second text.
        const open = fast.rejections.some(({ message }) => /never closed/.test(message));
        fc.pre(!open);
        expect(careful.rows).toEqual(fast.rows);
        expect(careful.rowNumbers).toEqual(fast.rowNumbers);
        expect(careful.rejections.slice(0, -1)).toEqual(fast.rejections);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a CSV file that cannot be read as one', () => {
  it.each([
    ['another delimiter', 'a;b;c\n1;2;3\n', {}, /single column "a;b;c"/, /Set 'delimiter' of the source to ";"/],
    ['a tab', 'a\tb\n1\t2\n', {}, /single column/, /"\\t"/],
    ['UTF-16', Buffer.from('a,b\n1,2\n', 'utf16le'), {}, /looks like UTF-16/, /utf-16le/],
    ['Latin-1 in its header', Buffer.from('größe,b\n1,2\n', 'latin1'), {}, /is not UTF-8/, /latin1/],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0, 255, 254]), {}, /compressed with gzip/, /\.gz/],
    ['bytes', Buffer.from([1, 0x8b, 8, 10, 255, 254]), {}, /is not UTF-8/, /./],
    ['a header whose quotes do not add up', '"a"x,b\n1,2\n', {}, /first record/, /quote/],
  ])('%s', async (_, text, options, message, hint) => {
    const attempt = read(text, { options });
    await expect(attempt).rejects.toMatchObject({
      code: 'UNREADABLE',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  it('has one column where several are expected, or none of them', async () => {
    await expect(read('orders\n1\n', { schema: twoTexts })).rejects.toMatchObject({
      code: 'UNREADABLE',
      hint: expect.stringMatching(/delimiter/),
    });
    await expect(read('x,y\n1,2\n', { schema: twoTexts })).rejects.toMatchObject({
      code: 'UNREADABLE',
      message: expect.stringMatching(/none of the columns a, b/),
    });
  });

  it('has a column that the schema does not know: it would be lost', async () => {
    await expect(read('a,b,c\n1,2,3\n', { schema: twoTexts })).rejects.toMatchObject({
      code: 'SCHEMA_DRIFT',
      message: expect.stringMatching(/the column c/),
    });
  });
});
