import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { inputFieldsOf, tableSchemaOf } from '../../../skeleton/base/src/runtime/schema/contract.ts';
import { decimal, instant, integer } from '../../../skeleton/base/src/runtime/schema/fields.ts';
import { inferSchema } from '../../../skeleton/base/src/runtime/schema/infer.ts';
import { parseType } from '../../../skeleton/base/src/runtime/schema/parse-type.ts';
import { describeType } from '../../../skeleton/base/src/runtime/schema/table-schema.ts';

const columnsOf = (contract: z.ZodType) =>
  Object.fromEntries(
    (tableSchemaOf(contract)?.fields ?? []).map(({ name, type, nullable }) => [
      name,
      `${describeType(type)}${nullable ? ' null' : ''}`,
    ]),
  );

test('a contract says which columns its records have', () => {
  const contract = z.object({
    id: integer(),
    price: decimal(12, 2),
    at: instant(),
    maybe: decimal(20, 4).optional(),
    count: z.int(),
    ratio: z.number().nullable(),
    big: z.bigint(),
    flag: z.boolean().default(false),
    day: z.iso.date(),
    clock: z.iso.time(),
    moment: z.iso.datetime(),
    key: z.uuid(),
    made: z.date(),
    kind: z.enum(['a', 'b']),
    tags: z.array(z.string()),
    extra: z.record(z.string(), z.unknown()).nullish(),
    length: z
      .string()
      .transform((text) => text.length)
      .pipe(z.int()),
    own: z.string().meta({ column: 'binary' }),
  });
  expect(columnsOf(contract)).toEqual({
    id: 'int64',
    price: 'decimal(12,2)',
    at: 'timestamp with zone',
    maybe: 'decimal(20,4) null',
    count: 'int64',
    ratio: 'float64 null',
    big: 'int64',
    flag: 'boolean',
    day: 'date',
    clock: 'time',
    moment: 'timestamp with zone',
    key: 'uuid',
    made: 'timestamp with zone',
    kind: 'string',
    tags: 'json',
    extra: 'json null',
    length: 'int64',
    own: 'binary',
  });
});

test('a contract says what it takes, and what it cannot do without', () => {
  const contract = z.object({ id: integer(), note: z.string().optional(), size: z.int().default(1) });
  expect(inputFieldsOf(contract)).toEqual({ all: ['id', 'note', 'size'], required: ['id'] });
  expect(inputFieldsOf(z.string())).toBeUndefined();
});

describe('field types take text and values, and nothing else', () => {
  test.each([
    [integer(), 7, 7],
    [integer(), '7', 7],
    [decimal(6, 2), '19.90', '19.90'],
    [decimal(6, 2), 19.9, '19.90'],
    [decimal(6, 2), '-019.900', '-19.90'],
    [decimal(6, 2), '-0', '0.00'],
    [decimal(30, 2), '1234567890123456789012.5', '1234567890123456789012.50'],
    [decimal(6, 2), '1e2', '100.00'],
    [instant(), '2026-01-05 09:00:00+01', '2026-01-05 09:00:00+01'],
    [instant(), new Date(0), '1970-01-01T00:00:00.000Z'],
  ])('%#', (type, given, value) => {
    expect(z.parse(type, given)).toBe(value);
  });

  test.each([
    [integer(), '7.5'],
    [integer(), ''],
    [integer(), null],
    [integer(), '99999999999999999999'],
    [decimal(6, 2), '1.234'],
    [decimal(6, 2), 'NaN'],
    [decimal(6, 2), null],
    [instant(), 'soon'],
    [instant(), 5],
  ])('%#', (type, given) => {
    expect(z.safeParse(type, given).success).toBe(false);
  });
});

test('the columns of plain rows hold all their values', () => {
  const rows = [
    { id: 1, price: 1, when: '2026', nested: { a: 1 }, mixed: 1, empty: null },
    { id: null, price: 1.5, flag: true, mixed: 'x' },
  ];
  const types = inferSchema(rows).fields.map(({ name, type }) => [name, type.kind]);
  expect(Object.fromEntries(types)).toEqual({
    id: 'int64',
    price: 'float64',
    when: 'string',
    nested: 'json',
    mixed: 'string',
    empty: 'string',
    flag: 'boolean',
  });
});

test('types are written and read alike', () => {
  for (const text of ['int64', 'decimal', 'decimal(38,9)', 'timestamp', 'timestamp with zone', 'uuid']) {
    expect(describeType(parseType(text))).toBe(text);
  }
  expect(() => parseType('money')).toThrow(RangeError);
});
