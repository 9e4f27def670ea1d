import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Columns } from '../../../../skeleton/base/src/runtime/columns/columns.ts';
import { columnsFromRows, rowsFromColumns } from '../../../../skeleton/base/src/runtime/columns/rows.ts';
import type { Row } from '../../../../skeleton/base/src/runtime/pipeline/batch.ts';
import type { Field, LogicalType, TableSchema } from '../../../../skeleton/base/src/runtime/schema/table-schema.ts';
import { columnsFromFrame } from '../../../../skeleton/engines/polars/src/runtime/engines/polars/columns-from-frame.ts';
import { frameFromColumns } from '../../../../skeleton/engines/polars/src/runtime/engines/polars/frame-from-columns.ts';
import { pl } from '../../../../skeleton/engines/polars/src/runtime/engines/polars/polars.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const digits = (whole: number, scale: number) =>
  fc
    .tuple(fc.boolean(), fc.bigInt(0n, 10n ** BigInt(whole) - 1n), fc.bigInt(0n, 10n ** BigInt(scale) - 1n))
    .map(([negative, left, right]) => `${negative ? '-' : ''}${left}.${String(right).padStart(scale, '0')}`)
    .filter((value) => Number(value) !== 0 || !value.startsWith('-'));
const instant = fc.bigInt(-62_135_596_800_000_000n, 253_402_300_799_999_999n);
const iso = (microseconds: bigint): string => {
  const milliseconds = microseconds / 1000n - (microseconds % 1000n < 0n ? 1n : 0n);
  const rest = Number(microseconds - milliseconds * 1000n);
  const plain = new Date(Number(milliseconds)).toISOString().slice(0, -1);
  return `${plain}${String(rest).padStart(3, '0')}`;
};

/** Every logical type with values over its whole range. */
const TYPES: readonly (readonly [LogicalType, fc.Arbitrary<unknown>])[] = [
  [{ kind: 'boolean' }, fc.boolean()],
  [{ kind: 'int16' }, fc.integer({ min: -32_768, max: 32_767 })],
  [{ kind: 'int32' }, fc.integer()],
  [{ kind: 'int64' }, fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)],
  [{ kind: 'float32' }, fc.float()],
  [{ kind: 'float64' }, fc.double()],
  [{ kind: 'decimal', precision: 12, scale: 2 }, digits(10, 2)],
  [{ kind: 'decimal', precision: 18, scale: 18 }, digits(0, 18)],
  [{ kind: 'decimal', precision: 38, scale: 10 }, digits(28, 10)],
  [{ kind: 'decimal' }, digits(60, 5)],
  [{ kind: 'string' }, text],
  [{ kind: 'json' }, fc.jsonValue({ noUnicodeString: false }).filter((value) => value !== null)],
  [{ kind: 'uuid' }, fc.uuid()],
  [{ kind: 'binary' }, fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes))],
  [{ kind: 'date' }, instant.map((value) => iso(value).slice(0, 10))],
  [{ kind: 'time' }, instant.map((value) => iso(value).slice(11))],
  [{ kind: 'timestamp', zone: true }, instant.map((value) => `${iso(value)}Z`)],
  [{ kind: 'timestamp', zone: false }, instant.map(iso)],
];

function columnsOf(schema: TableSchema, rows: readonly Row[]): Columns {
  const { columns, failures } = columnsFromRows(schema, rows);
  expect(failures).toEqual([]);
  return columns;
}

const roundTrip = (columns: Columns): Columns => columnsFromFrame(frameFromColumns(columns), columns.schema);

describe('columns to a polars frame and back', () => {
  it('is the identity for every type, with NULL', () => {
    const schema = { fields: TYPES.map(([type], index): Field => ({ name: `c${index}`, type, nullable: true })) };
    const row = fc.record(
      Object.fromEntries(TYPES.map(([, values], index) => [`c${index}`, fc.option(values, { freq: 4 })])),
    );
    fc.assert(
      fc.property(fc.array(row, { maxLength: 30 }), (rows) => {
        const columns = columnsOf(schema, rows);
        const back = roundTrip(columns);
        expect(back.schema).toEqual(schema);
        expect(rowsFromColumns(back)).toEqual(rowsFromColumns(columns));
      }),
      { numRuns: 150 },
    );
  });

  it('is the identity for a part of a batch', () => {
    const schema: TableSchema = {
      fields: [
        { name: 'id', type: { kind: 'int64' }, nullable: false },
        { name: 'name', type: { kind: 'string' }, nullable: true },
      ],
    };
    const rows = Array.from({ length: 100 }, (_, id) => ({
      id,
      name: id % 3 === 0 ? null : `name ${id} of a customer`,
    }));
    const part = columnsOf(schema, rows).slice(11, 73);
    expect(rowsFromColumns(roundTrip(part))).toEqual(rows.slice(11, 73));
    expect(roundTrip(part).schema).toEqual(schema);
  });

  it('puts nothing under NULL, so that later stages may read the values unseen', () => {
    const schema: TableSchema = { fields: [{ name: 'n', type: { kind: 'int32' }, nullable: true }] };
    const frame = frameFromColumns(columnsOf(schema, [{ n: 1 }, { n: 2 }])).withColumns(
      pl.when(pl.col('n').gt(1)).then(pl.col('n')).otherwise(pl.lit(null)).as('n'),
    );
    const column = columnsFromFrame(frame, schema).column('n');
    expect(column.valid).toEqual(Uint8Array.of(0, 1));
    expect(column.storage === 'int32' && column.values).toEqual(Int32Array.of(0, 2));
  });

  it('takes a frame that lies in several pieces', () => {
    const schema: TableSchema = {
      fields: [
        { name: 'id', type: { kind: 'int64' }, nullable: false },
        { name: 'note', type: { kind: 'string' }, nullable: true },
      ],
    };
    const first = columnsOf(schema, [{ id: 1, note: 'a note that is longer than twelve bytes' }]);
    const second = columnsOf(schema, [
      { id: 2, note: null },
      { id: 3, note: 'short' },
    ]);
    const frame = pl.concat([frameFromColumns(first), frameFromColumns(second)], { rechunk: false, how: 'vertical' });
    expect(rowsFromColumns(columnsFromFrame(frame, schema))).toEqual([
      { id: 1, note: 'a note that is longer than twelve bytes' },
      { id: 2, note: null },
      { id: 3, note: 'short' },
    ]);
  });

  it('converts no records', () => {
    const schema: TableSchema = { fields: TYPES.map(([type], index) => ({ name: `c${index}`, type, nullable: true })) };
    const back = roundTrip(columnsOf(schema, []));
    expect(back.length).toBe(0);
    expect(back.schema).toEqual(schema);
    expect(roundTrip(new Columns({ fields: [] }, [], 0)).length).toBe(0);
  });
});
