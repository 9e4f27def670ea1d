import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Columns } from '../../../skeleton/base/src/runtime/columns/columns.ts';
import { conformColumns } from '../../../skeleton/base/src/runtime/columns/conform.ts';
import { formatScaled, normalizeDecimal, parseScaled } from '../../../skeleton/base/src/runtime/columns/decimals.ts';
import { columnsFromRows, rowsFromColumns } from '../../../skeleton/base/src/runtime/columns/rows.ts';
import {
  formatDate,
  formatTimestamp,
  parseDate,
  parseTimestamp,
} from '../../../skeleton/base/src/runtime/columns/timestamps.ts';
import { writeValue } from '../../../skeleton/base/src/runtime/columns/write-values.ts';
import type { Field, LogicalType, TableSchema } from '../../../skeleton/base/src/runtime/schema/table-schema.ts';

const INT64 = 2n ** 63n;
const day = fc.integer({ min: -719_000, max: 2_900_000 }).map(formatDate);
const microsecond = fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n });

/** Values as `readValues` gives them, for each type. */
const values: readonly { readonly type: LogicalType; readonly value: fc.Arbitrary<unknown> }[] = [
  { type: { kind: 'boolean' }, value: fc.boolean() },
  { type: { kind: 'int16' }, value: fc.integer({ min: -32_768, max: 32_767 }) },
  { type: { kind: 'int32' }, value: fc.integer() },
  {
    type: { kind: 'int64' },
    value: fc
      .bigInt({ min: -INT64, max: INT64 - 1n })
      .map((big) => (Number.isSafeInteger(Number(big)) ? Number(big) : big)),
  },
  { type: { kind: 'float32' }, value: fc.float() },
  { type: { kind: 'float64' }, value: fc.double() },
  {
    type: { kind: 'decimal', precision: 18, scale: 3 },
    value: fc.bigInt({ min: -(10n ** 18n) + 1n, max: 10n ** 18n - 1n }).map((scaled) => formatScaled(scaled, 3)),
  },
  { type: { kind: 'decimal' }, value: fc.bigInt().map((scaled) => formatScaled(scaled, 20)) },
  { type: { kind: 'string' }, value: fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()) },
  {
    type: { kind: 'json' },
    // JSON has no negative zero.
    value: fc
      .jsonValue()
      .map((json): unknown => JSON.parse(JSON.stringify(json)))
      .filter((json) => json !== null),
  },
  { type: { kind: 'uuid' }, value: fc.uuid() },
  { type: { kind: 'binary' }, value: fc.uint8Array().map((bytes) => Buffer.from(bytes)) },
  { type: { kind: 'date' }, value: day },
  { type: { kind: 'timestamp', zone: true }, value: microsecond.map((at) => formatTimestamp(at, true)) },
  { type: { kind: 'timestamp', zone: false }, value: microsecond.map((at) => formatTimestamp(at, false)) },
];

describe('rows and columns hold the same values', () => {
  test.each(values)('$type', ({ type, value }) => {
    const field: Field = { name: 'value', type, nullable: true };
    const schema: TableSchema = { fields: [field] };
    fc.assert(
      fc.property(fc.array(fc.option(value), { maxLength: 40 }), (column) => {
        const rows = column.map((one) => ({ value: one }));
        const { columns, failures } = columnsFromRows(schema, rows);
        expect(failures).toEqual([]);
        expect(rowsFromColumns(columns)).toEqual(rows);
      }),
    );
  });
});

test('a slice and a selection of records hold the same values as the rows', () => {
  const schema: TableSchema = {
    fields: [
      { name: 'id', type: { kind: 'int64' }, nullable: false },
      { name: 'text', type: { kind: 'string' }, nullable: true },
    ],
  };
  const row = fc.record({ id: fc.maxSafeInteger(), text: fc.option(fc.string({ unit: 'grapheme' })) });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 30 }), fc.nat(), fc.nat(), (rows, first, second) => {
      const [start = 0, end = 0] = [first % rows.length, second % rows.length].toSorted((left, right) => left - right);
      const { columns } = columnsFromRows(schema, rows);
      expect(rowsFromColumns(columns.slice(start, end))).toEqual(rows.slice(start, end));
      expect(rowsFromColumns(columns.slice(start, rows.length).take([0]))).toEqual([rows[start]]);
    }),
  );
});

test('columns that are not filled up hold the values that are there', () => {
  const schema: TableSchema = { fields: [{ name: 'text', type: { kind: 'string' }, nullable: true }] };
  const columns = Columns.allocate(schema, 100);
  writeValue(columns.column('text'), 0, 'one');
  writeValue(columns.column('text'), 1, 'two');
  columns.length = 2;
  expect(rowsFromColumns(columns)).toEqual([{ text: 'one' }, { text: 'two' }]);
});

test('values that do not fit are named, and the other records are kept', () => {
  const schema: TableSchema = {
    fields: [
      { name: 'id', type: { kind: 'int16' }, nullable: false },
      { name: 'at', type: { kind: 'date' }, nullable: true },
    ],
  };
  const { columns, failures } = columnsFromRows(schema, [
    { id: 1, at: '2026-02-28' },
    { id: 40_000, at: '2026-02-28' },
    { id: 3, at: '2026-02-30' },
    { at: null },
    { id: '5', at: null },
  ]);
  expect(rowsFromColumns(columns)).toEqual([
    { id: 1, at: '2026-02-28' },
    { id: 5, at: null },
  ]);
  expect(failures).toEqual([
    { index: 1, column: 'id', message: '40000 is not int16' },
    { index: 2, column: 'at', message: '"2026-02-30" is not date' },
    { index: 3, column: 'id', message: 'is missing and may not be null' },
  ]);
});

test('a number beyond what its column holds does not become infinity, which is a value of its own', () => {
  const schemaOf = (kind: 'float32' | 'float64'): TableSchema => ({
    fields: [{ name: 'n', type: { kind }, nullable: true }],
  });
  const infinite = [Number.POSITIVE_INFINITY, '-Infinity', 'Infinity'].map((n) => ({ n }));
  for (const kind of ['float32', 'float64'] as const) {
    const { columns, failures } = columnsFromRows(schemaOf(kind), infinite);
    expect(rowsFromColumns<{ n: number }>(columns).map(({ n }) => n)).toEqual([Infinity, -Infinity, Infinity]);
    expect(failures).toEqual([]);
  }
  const large = [1e300, '1e300', -3.5e38, 3.4e38, '1e400', 10n ** 400n].map((n) => ({ n }));
  expect(columnsFromRows(schemaOf('float32'), large).failures.map(({ index }) => index)).toEqual([0, 1, 2, 4, 5]);
  expect(columnsFromRows(schemaOf('float64'), large).failures.map(({ index }) => index)).toEqual([4, 5]);
  const { columns } = columnsFromRows(schemaOf('float64'), [{ n: 1e300 }, { n: 1 }]);
  expect(conformColumns(columns, schemaOf('float32')).failures).toEqual([
    { index: 0, column: 'n', message: '1e+300 is not float32' },
  ]);
});

test('columns are converted, reordered and filled up to the schema of a sink', () => {
  const source: TableSchema = {
    fields: [
      { name: 'amount', type: { kind: 'string' }, nullable: true },
      { name: 'id', type: { kind: 'int32' }, nullable: false },
    ],
  };
  const sink: TableSchema = {
    fields: [
      { name: 'id', type: { kind: 'int64' }, nullable: false },
      { name: 'note', type: { kind: 'string' }, nullable: true },
      { name: 'amount', type: { kind: 'decimal', precision: 10, scale: 2 }, nullable: true },
    ],
  };
  const { columns } = columnsFromRows(source, [
    { id: 1, amount: '1.5' },
    { id: 2, amount: 'much' },
  ]);
  const conformed = conformColumns(columns, sink);
  expect(rowsFromColumns(conformed.columns)).toEqual([{ id: 1, note: null, amount: '1.50' }]);
  expect(conformed.failures).toEqual([{ index: 1, column: 'amount', message: '"much" is not decimal(10,2)' }]);
  expect(conformColumns(columns, source).columns).toBe(columns);
});

describe('text', () => {
  test('dates and timestamps survive', () => {
    fc.assert(
      fc.property(fc.integer({ min: -4_000_000, max: 4_000_000 }), (days) => parseDate(formatDate(days)) === days),
    );
    fc.assert(fc.property(microsecond, (at) => parseTimestamp(formatTimestamp(at, true)) === at));
  });

  test.each([
    ['2026-01-05T09:00:00Z', '2026-01-05T09:00:00Z'],
    ['2026-01-05 09:00:00.123456+02', '2026-01-05T07:00:00.123456Z'],
    ['2026-01-05T09:00:00-05:30', '2026-01-05T14:30:00Z'],
    ['2026-01-05', '2026-01-05T00:00:00Z'],
    ['1969-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.999999Z'],
    ['infinity', 'infinity'],
    ['-infinity', '-infinity'],
    ['-000043-03-15T00:00:00Z', '-000043-03-15T00:00:00Z'],
    ['+294247-01-10T04:00:54.775806Z', '+294247-01-10T04:00:54.775806Z'],
  ])('%s is the instant %s', (text, instant) => {
    const at = parseTimestamp(text);
    expect(at === undefined ? at : formatTimestamp(at, true)).toBe(instant);
  });

  test.each(['2026-13-01', '2026-02-29', '5.1.2026', '', '2026-01-05T25:00:00Z', 'yesterday'])(
    '%j is no timestamp',
    (text) => {
      expect(parseTimestamp(text)).toBeUndefined();
    },
  );

  test.each([
    ['1.5', '1.5'],
    ['+1', '1'],
    ['.5', '0.5'],
    ['1e3', '1000'],
    ['12.5e-3', '0.0125'],
    ['-0.10', '-0.10'],
    ['NaN', 'NaN'],
    ['-Infinity', '-Infinity'],
    ['1,5', undefined],
    ['', undefined],
    ['.', undefined],
  ])('the decimal %j is %j', (text, normal) => {
    expect(normalizeDecimal(text)).toBe(normal);
  });

  test.each(['-004712-01-01', '0000-02-29', '9999-12-31', '+010000-01-01', '+5874897-12-31'])(
    'the date %s is itself',
    (text) => {
      expect(formatDate(parseDate(text) ?? 0)).toBe(text);
    },
  );

  test('a decimal that needs more digits than it may have is refused', () => {
    expect(parseScaled('123.45', 5, 2)).toBe(12_345n);
    expect(parseScaled('123.450', 5, 2)).toBe(12_345n);
    expect(parseScaled('123.456', 5, 2)).toBeUndefined();
    expect(parseScaled('1234.5', 5, 2)).toBeUndefined();
  });
});

test('shares the values of a column whose field only loses its NULLs, and rejects the records that have one', () => {
  const nullable: TableSchema = { fields: [{ name: 'id', type: { kind: 'int64' }, nullable: true }] };
  const required: TableSchema = { fields: [{ name: 'id', type: { kind: 'int64' }, nullable: false }] };
  const { columns } = columnsFromRows(nullable, [{ id: 1 }, { id: null }, { id: 3 }, {}]);
  const conformed = conformColumns(columns, required);
  expect(rowsFromColumns(conformed.columns)).toEqual([{ id: 1 }, { id: 3 }]);
  expect(conformed.failures).toEqual(
    [1, 3].map((index) => ({ index, column: 'id', message: 'is missing and may not be null' })),
  );
  const complete = columns.take([0, 2]);
  expect(conformColumns(complete, required).columns.columns[0]).toMatchObject({
    values: complete.columns[0]?.storage === 'int64' && complete.columns[0].values,
    valid: undefined,
  });
});
