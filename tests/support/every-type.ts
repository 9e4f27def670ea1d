import fc from 'fast-check';
import type { Row } from '../../skeleton/base/src/runtime/pipeline/batch.ts';
import type { Field, LogicalType, TableSchema } from '../../skeleton/base/src/runtime/schema/table-schema.ts';

/** Every type with the values at its edges, as `readValues` gives them. */
export const EDGE_VALUES: readonly (readonly [name: string, type: LogicalType, values: readonly unknown[]])[] = [
  ['flag', { kind: 'boolean' }, [true, false, true]],
  ['small', { kind: 'int16' }, [32_767, -32_768, 0]],
  ['medium', { kind: 'int32' }, [2_147_483_647, -2_147_483_648, 0]],
  ['large', { kind: 'int64' }, [9_223_372_036_854_775_807n, -9_223_372_036_854_775_808n, -1]],
  ['single', { kind: 'float32' }, [Math.fround(3.4e38), Math.fround(-1.17e-38), 0.5]],
  ['double', { kind: 'float64' }, [1.7976931348623157e308, 5e-324, -0.1]],
  ['price', { kind: 'decimal', precision: 12, scale: 2 }, ['9999999999.99', '-9999999999.99', '0.00']],
  ['exact', { kind: 'decimal', precision: 18, scale: 0 }, ['999999999999999999', '-999999999999999999', '0']],
  [
    'huge',
    { kind: 'decimal', precision: 38, scale: 4 },
    [`${'9'.repeat(34)}.9999`, `-${'9'.repeat(34)}.9999`, '0.0001'],
  ],
  ['unbounded', { kind: 'decimal' }, [`${'1'.repeat(60)}.5`, '-0.000000000000000000000000000001', 'NaN']],
  ['text', { kind: 'string' }, ['', 'Grüße, 世界 🎉 "quoted"\nnew line\ttab', ' \\ ']],
  ['document', { kind: 'json' }, [{ a: [1, 'x', null], ü: true }, [], 'text']],
  [
    'id',
    { kind: 'uuid' },
    [
      '00000000-0000-0000-0000-000000000000',
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
      '0d7c3a2e-91b1-4d0f-a6a6-1f2e3d4c5b6a',
    ],
  ],
  ['bytes', { kind: 'binary' }, [Buffer.of(0, 255, 10, 13), Buffer.alloc(0), Buffer.from('ÿ', 'latin1')]],
  ['day', { kind: 'date' }, ['9999-12-31', '0001-01-01', '1969-12-31']],
  ['clock', { kind: 'time' }, ['23:59:59.999999', '00:00:00', '12:30:00.500']],
  [
    'local',
    { kind: 'timestamp', zone: false },
    ['2026-01-31T23:59:59.999999', '1969-12-31T23:59:59.999999', '9999-12-31T00:00:00'],
  ],
  [
    'instant',
    { kind: 'timestamp', zone: true },
    ['2026-01-31T23:59:59.999999Z', '1900-01-01T00:00:00Z', '1970-01-01T00:00:00Z'],
  ],
];

export const EVERY_TYPE: TableSchema = {
  fields: EDGE_VALUES.map(([name, type]): Field => ({ name, type, nullable: true })),
};

/** The edge values, and a record in which everything is NULL between them. */
export const EDGE_ROWS: readonly Row[] = [0, 1, undefined, 2].map((index) =>
  Object.fromEntries(EDGE_VALUES.map(([name, , values]) => [name, index === undefined ? null : values[index]])),
);

/** Values of a type, in the one form in which `readValues` gives them. */
export function arbitraryValue(type: LogicalType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'boolean':
      return fc.boolean();
    case 'int16':
      return fc.integer({ min: -32_768, max: 32_767 });
    case 'int32':
      return fc.integer();
    case 'int64':
      return fc
        .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
        .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value));
    case 'float32':
      return fc.float({ noNaN: true }).filter((value) => !Object.is(value, -0));
    case 'float64':
      return fc.double({ noNaN: true }).filter((value) => !Object.is(value, -0));
    case 'decimal':
      return decimalOf(type.precision ?? 50, type.scale ?? 3);
    case 'string':
      return fc.oneof(
        fc.string({ unit: 'grapheme', maxLength: 12 }),
        fc.constantFrom('', ',', '"', '""', '\n', '\r\n', "a,'b'"),
      );
    case 'json':
      return (
        fc
          .jsonValue({ maxDepth: 2 })
          // Integers that JavaScript rounds are refused in json.
          .filter((value) => value !== null && !/\d{16}/.test(JSON.stringify(value)))
          .map((value) => JSON.parse(JSON.stringify(value)) as unknown)
      );
    case 'uuid':
      return fc.uuid();
    case 'binary':
      return fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes));
    case 'date':
      return fc
        .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true })
        .map((date) => date.toISOString().slice(0, 10));
    case 'time':
      return fc.integer({ min: 0, max: 86_399 }).map((second) => new Date(second * 1000).toISOString().slice(11, 19));
    case 'timestamp':
      return fc
        .tuple(
          fc.date({
            min: new Date('0001-01-01T00:00:00Z'),
            max: new Date('9999-12-31T00:00:00Z'),
            noInvalidDate: true,
          }),
          fc.integer({ min: 1, max: 999_999 }),
        )
        .map(([date, micros]) => `${date.toISOString().slice(0, 19)}.${fraction(micros)}${type.zone ? 'Z' : ''}`);
  }
}

function fraction(micros: number): string {
  const digits = String(micros).padStart(6, '0');
  return digits.endsWith('000') ? digits.slice(0, 3) : digits;
}

function decimalOf(precision: number, scale: number): fc.Arbitrary<string> {
  const limit = 10n ** BigInt(precision) - 1n;
  return fc.bigInt({ min: -limit, max: limit }).map((value) => {
    const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
    const point = digits.length - scale;
    return `${value < 0n ? '-' : ''}${digits.slice(0, point)}${scale === 0 ? '' : `.${digits.slice(point)}`}`;
  });
}

/** Rows of a schema; a nullable column is NULL now and then. */
export function arbitraryRows({ fields }: TableSchema, maxLength: number): fc.Arbitrary<Row[]> {
  const record = fields.map(({ name, type, nullable }) => [
    name,
    nullable ? fc.option(arbitraryValue(type), { freq: 4 }) : arbitraryValue(type),
  ]);
  return fc.array(
    fc.record(Object.fromEntries(record) as Record<string, fc.Arbitrary<unknown>>, { noNullPrototype: true }),
    { maxLength },
  );
}
