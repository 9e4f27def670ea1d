import fc from 'fast-check';
import { z } from 'zod';
import { decimal, instant, integer } from '../../../skeleton/base/src/runtime/schema/fields.ts';
import type { LogicalType } from '../../../skeleton/base/src/runtime/schema/table-schema.ts';

/** Types of columns, and values that fit them, at the edges above all. */

const integers = fc.oneof(
  fc.constantFrom(0, 1, -1, 5, 127, 32_767, -32_768),
  fc.integer({ min: -32_768, max: 32_767 }),
);
const longs = fc.oneof(
  integers,
  fc.constantFrom(2_147_483_647, -2_147_483_648, 2 ** 32, 2 ** 53 - 1, 1 - 2 ** 53),
  fc.constantFrom(2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n), -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);
const floats = fc.oneof(
  fc.constantFrom(0, -0, 1, 5, 0.1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  fc.constantFrom(2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, -(2 ** 53), Number.MAX_VALUE, Number.MIN_VALUE),
  fc.double(),
);
const numerals = fc.oneof(
  fc.constantFrom('0', '-0', '+5', '5', '007', '5.', '.5', '1e3', '1.50', '-12.3', '999.99', '9999.9', '0.001'),
  fc.constantFrom(
    '9007199254740991',
    '9007199254740993',
    '123456789012345',
    '-1234567890123456',
    '1.2.3',
    '-',
    '+',
    '.',
  ),
  fc.constantFrom('99999.99', '100000', '100000.00', '-100000.0', '99999', '+99999.99', 'NaN', ' 5', ''),
  fc.integer().map(String),
  fc.double({ noNaN: true }).map(String),
);
const texts = fc.oneof(
  fc.constantFrom('', 'a', 'b', 'ab', 'é', '€', '🙂', 'a\uD800b', '\uFEFFa', '\u0000', 'x'.repeat(5000)),
  fc.constantFrom('true', 'false', 'infinity', '-infinity', '2026-02-28', '2026-02-29', '2026-13-01', '0000-01-01'),
  fc.constantFrom('2026-01-31T23:59:59Z', '2026-01-31 23:59:59.123456789', '2026-01-31T24:00:00Z', '2026-01-31T1:2'),
  fc.constantFrom('2026-01-31T23:59:59+02:00', '1969-12-31T23:59:59.9999999Z', '2026-01-31T23:59:59.Z', '23:59:59'),
  fc.constantFrom('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'shop@example.org'),
  fc.string({ unit: 'binary', maxLength: 12 }),
  numerals,
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
);
const days = fc.constantFrom(
  '2026-01-31',
  '0001-01-01',
  '9999-12-31',
  '+010000-01-01',
  '0000-12-31',
  '-000044-03-15',
  'infinity',
);
const instants = fc.oneof(
  fc.constantFrom('2026-01-31T23:59:59', '2026-01-31T23:59:59.5', '0001-01-01T00:00:00', '9999-12-31T23:59:59.999999'),
  fc.constantFrom(
    '+010000-01-01T00:00:00',
    '0000-12-31T23:59:59',
    '1969-12-31T23:59:59.000001',
    'infinity',
    '-infinity',
  ),
);
const cents = fc.oneof(
  fc.constantFrom('0.00', '0.01', '-0.01', '99999.99', '100000.00', '-999999999.99'),
  fc.integer().map((value) => (value / 100).toFixed(2)),
);

interface ColumnKind {
  readonly type: LogicalType;
  readonly values: fc.Arbitrary<unknown>;
}

const numeric: readonly ColumnKind[] = [
  { type: { kind: 'int16' }, values: integers },
  { type: { kind: 'int32' }, values: integers },
  { type: { kind: 'int64' }, values: longs },
  { type: { kind: 'float32' }, values: floats },
  { type: { kind: 'float64' }, values: floats },
];
const decimals: readonly ColumnKind[] = [
  { type: { kind: 'decimal', precision: 12, scale: 2 }, values: cents },
  {
    type: { kind: 'decimal', precision: 18, scale: 0 },
    values: fc.oneof(integers, fc.bigInt({ min: -(10n ** 18n) + 1n, max: 10n ** 18n - 1n })),
  },
  { type: { kind: 'decimal' }, values: fc.oneof(cents, fc.constantFrom('NaN', '1e400', '-0.0', '1.005', '5')) },
];
const textual: readonly ColumnKind[] = [
  { type: { kind: 'string' }, values: texts },
  { type: { kind: 'string' }, values: fc.constantFrom('a', 'b', 'ab', 'é', '€', 'ab€', '🙂', '🙂🙂', '🙂🙂🙂') },
  { type: { kind: 'string' }, values: numerals },
];
const temporal: readonly ColumnKind[] = [
  { type: { kind: 'date' }, values: days },
  { type: { kind: 'time' }, values: fc.constantFrom('00:00:00', '23:59:59.999999', '24:00:00', '12:00:00.5') },
  { type: { kind: 'timestamp', zone: true }, values: instants },
  { type: { kind: 'timestamp', zone: false }, values: instants },
  { type: { kind: 'string' }, values: fc.oneof(days, instants) },
];
const anything: readonly ColumnKind[] = [
  { type: { kind: 'boolean' }, values: fc.boolean() },
  {
    type: { kind: 'json' },
    values: fc.oneof(texts, integers, fc.constantFrom({ a: 1 }, { a: 1, b: 2 }, [1, 2], {})),
  },
  {
    type: { kind: 'uuid' },
    values: fc.constantFrom('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '00000000-0000-0000-0000-000000000001'),
  },
  { type: { kind: 'binary' }, values: fc.uint8Array({ maxLength: 3 }) },
  ...numeric,
  ...decimals,
  ...textual,
  ...temporal,
];

/** Types of properties with the columns that they are made for: plain ones, and such as no compiled check covers. */

interface Typed {
  readonly types: fc.Arbitrary<z.ZodType>;
  readonly kinds: readonly ColumnKind[];
}

const oneOf = (...types: z.ZodType[]) => fc.constantFrom(...types);
const bound = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom(2 ** 53 - 1, 2 ** 53, -(2 ** 53), 0.5, 32_767));
const size = fc.integer({ min: 0, max: 3 });

const numbers: Typed = {
  types: fc.oneof(
    oneOf(z.number(), z.int(), z.int32(), z.uint32(), z.float32(), z.float64(), z.bigint(), z.int64()),
    oneOf(z.coerce.number(), z.coerce.number().int(), z.coerce.bigint(), z.number().int().positive()),
    bound.map((value) => z.number().min(value)),
    bound.map((value) => z.number().lt(value)),
    bound.map((value) => z.number().max(value)),
    bound.map((value) => z.int().gt(value)),
    fc.tuple(bound, bound).map(([least, most]) => z.int().min(least).max(most)),
    oneOf(z.number().multipleOf(5), z.number().multipleOf(0.1), integer(), decimal(20, 4)),
    oneOf(
      z.number().transform((value) => `${value}`),
      z.number().transform((value) => -value),
      z.number().catch(7),
      integer().refine((value) => value !== 5, 'is five'),
    ),
  ),
  kinds: numeric,
};

const numbersInText: Typed = {
  types: oneOf(
    integer(),
    integer().describe('a number'),
    decimal(7, 2),
    decimal(5, 0),
    decimal(12, 2),
    decimal(20, 4),
    z.coerce.number(),
    z.string().pipe(z.coerce.number()).pipe(z.int()),
    z.union([z.coerce.number(), z.boolean()]),
    z.string().transform((text) => text.length),
  ),
  kinds: [
    ...decimals,
    { type: { kind: 'string' }, values: numerals },
    { type: { kind: 'string' }, values: fc.constantFrom('0', '-0', '5', '007', '-12', '+5', '-0.50') },
  ],
};

const strings: Typed = {
  types: fc.oneof(
    oneOf(z.string(), z.coerce.string(), z.string().trim(), z.string().toUpperCase(), z.string().regex(/^[a-z]/)),
    size.map((length) => z.string().min(length)),
    size.map((length) => z.string().max(length)),
    size.map((length) => z.string().length(length)),
    fc.tuple(size, size).map(([least, most]) => z.string().min(least).max(most).regex(/a/g)),
    oneOf(z.enum(['a', 'b', '€']), z.literal('a'), z.literal(['a', 5, null]), z.literal(''), z.enum(['a\uD800b'])),
    oneOf(
      z.string().refine((text) => text.length !== 1, 'has one character'),
      z.string().transform(() => undefined),
      z.preprocess((value) => (value === '' ? null : value), z.string().nullable()),
      z.stringbool(),
      z.string().max(1).catch('🙂'),
      z.union([z.int(), z.string().max(3)]),
    ),
  ),
  kinds: textual,
};

const times: Typed = {
  types: oneOf(
    z.iso.date(),
    z.iso.time(),
    z.iso.time({ precision: 0 }),
    z.iso.datetime(),
    z.iso.datetime({ local: true }),
    z.iso.datetime({ offset: true, precision: 3 }),
    instant(),
    instant().transform((text) => text.slice(0, 10)),
    z.coerce.date(),
    z.string(),
  ),
  kinds: temporal,
};

const mixed: Typed = {
  types: fc.oneof(
    numbers.types,
    numbersInText.types,
    strings.types,
    times.types,
    oneOf(z.boolean(), z.coerce.boolean(), z.date(), z.any(), z.unknown(), z.null(), z.uuid(), z.guid(), z.email()),
    oneOf(z.object({ a: z.number() }), z.array(z.number()), z.record(z.string(), z.number())),
  ),
  kinds: anything,
};

const wrappers: readonly ((type: z.ZodType) => z.ZodType)[] = [
  (type) => type,
  (type) => type,
  (type) => type.optional(),
  (type) => type.nullable(),
  (type) => type.nullable(),
  (type) => type.nullish(),
  (type) => type.nullable().optional(),
  (type) => type.nullable().refine((value) => value !== null, 'is null'),
  (type) => type.nullable().transform((value) => value ?? 'nothing'),
  (type) => z.union([type, z.literal('nothing')]).default('nothing'),
  (type) => type.optional().nonoptional(),
];

export interface GeneratedColumn {
  readonly type: LogicalType;
  readonly values: readonly unknown[];
}

function columnsOf(kinds: readonly ColumnKind[], length: number): fc.Arbitrary<GeneratedColumn> {
  return fc.constantFrom(...kinds).chain(({ type, values }) =>
    fc.record({
      type: fc.constant(type),
      values: fc.array(fc.option(values, { freq: 8, nil: null }), { minLength: length, maxLength: length }),
    }),
  );
}

/** The type of a property and columns of `length` values for it, or none. */
export function properties(length: number) {
  return fc.constantFrom(numbers, numbersInText, strings, times, mixed).chain(({ types, kinds }) =>
    fc.record({
      type: fc.tuple(types, fc.constantFrom(...wrappers)).map(([type, wrap]) => wrap(type)),
      columns: fc.array(fc.option(columnsOf(kinds, length), { freq: 12 }), { minLength: 4, maxLength: 4 }),
    }),
  );
}

/** A column of any kind. */
export function anyColumns(length: number): fc.Arbitrary<GeneratedColumn> {
  return columnsOf(anything, length);
}

/** A column that no contract names. */
export function surplusColumns(length: number) {
  return columnsOf(textual, length);
}

/** Contracts of whole records out of properties. */
export const objects: readonly ((shape: Record<string, z.ZodType>) => z.ZodType)[] = [
  (shape) => z.object(shape),
  (shape) => z.object(shape),
  (shape) => z.strictObject(shape),
  (shape) => z.looseObject(shape),
  (shape) => z.object(shape).catchall(z.string()),
  (shape) => z.object(shape).refine((record) => Object.keys(record).length !== 1, 'has one property'),
  (shape) => z.object(shape).transform((record) => ({ ...record, added: 1 })),
];
