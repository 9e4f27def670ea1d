import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Columns } from '../../../../skeleton/base/src/runtime/columns/columns.ts';
import { rowsFromColumns } from '../../../../skeleton/base/src/runtime/columns/rows.ts';
import type { Field, LogicalType, TableSchema } from '../../../../skeleton/base/src/runtime/schema/table-schema.ts';
import { arbitraryRows, EDGE_ROWS, EVERY_TYPE } from '../../../support/every-type.ts';
import { columnsOf, Inline, select } from './inline.ts';

const all = new Inline('SELECT * FROM batch');
const nullable = (fields: readonly (readonly [string, LogicalType])[]): TableSchema => ({
  fields: fields.map(([name, type]): Field => ({ name, type, nullable: true })),
});

async function expectIdentity(columns: Columns): Promise<void> {
  const back = await all.transformColumns(columns);
  expect(back.schema).toEqual(columns.schema);
  expect(rowsFromColumns(back)).toEqual(rowsFromColumns(columns));
}

describe('columns to DuckDB and back', () => {
  it('is the identity at the edges of every type, with NULL', async () => {
    await expectIdentity(columnsOf(EVERY_TYPE, EDGE_ROWS));
  });

  it('is the identity for every type', async () => {
    const rows = arbitraryRows(EVERY_TYPE, 30).filter(({ length }) => length > 0);
    await fc.assert(
      fc.asyncProperty(rows, (some) => expectIdentity(columnsOf(EVERY_TYPE, some))),
      { numRuns: 100 },
    );
  });

  it('keeps decimals of every number of digits', async () => {
    for (let precision = 1; precision <= 40; precision++) {
      for (const scale of new Set([0, Math.floor(precision / 2), precision])) {
        const schema = nullable([['value', { kind: 'decimal', precision, scale }]]);
        await fc.assert(
          fc.asyncProperty(
            arbitraryRows(schema, 5).filter(({ length }) => length > 0),
            (rows) => expectIdentity(columnsOf(schema, rows)),
          ),
          { numRuns: 3 },
        );
      }
    }
  });

  it('keeps NaN, infinity and the sign of zero', async () => {
    const schema = nullable([
      ['double', { kind: 'float64' }],
      ['single', { kind: 'float32' }],
    ]);
    const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0];
    const columns = columnsOf(
      schema,
      values.map((value) => ({ double: value, single: value })),
    );
    const back = await all.transformColumns(columns);
    for (const name of ['double', 'single']) {
      const column = back.column(name);
      expect(column.storage === 'float64' && [...column.values]).toEqual(values);
    }
  });

  it('keeps the ends of time, and times before Christ', async () => {
    const schema = nullable([
      ['day', { kind: 'date' }],
      ['local', { kind: 'timestamp', zone: false }],
      ['instant', { kind: 'timestamp', zone: true }],
    ]);
    const times = ['infinity', '-infinity', '-004713-11-24T00:00:00', '+294246-12-31T23:59:59.999999'];
    const rows = times.map((time) => ({
      day: time.split('T')[0],
      local: time,
      instant: time.endsWith('y') ? time : `${time}Z`,
    }));
    await expectIdentity(columnsOf(schema, rows));
    const known = await select(
      "SELECT isinf(day) AS day, local = '-infinity' AS past, instant = 'infinity' AS future FROM batch",
      schema,
      rows.slice(0, 2),
    );
    expect(known.rows).toEqual([
      { day: true, past: false, future: true },
      { day: true, past: true, future: false },
    ]);
  });

  it('keeps texts of every length, in more records than DuckDB works on at a time', async () => {
    const schema = nullable([
      ['text', { kind: 'string' }],
      ['bytes', { kind: 'binary' }],
      ['id', { kind: 'int64' }],
    ]);
    const rows = Array.from({ length: 9000 }, (_, id) => ({
      id,
      text: id % 11 === 0 ? null : `${'ä€🎉x'.repeat(id % 9)}${id % 4 === 0 ? '\0' : ''}`,
      bytes: id % 13 === 0 ? null : Buffer.alloc(id % 40, id % 256),
    }));
    await expectIdentity(columnsOf(schema, rows));
    const result = await select(
      "SELECT id, text || '!' AS text, NULL::VARCHAR AS nothing, 'the same text everywhere' AS same FROM batch WHERE id % 3 = 0",
      schema,
      rows,
    );
    expect(result.rows).toEqual(
      rows
        .filter(({ id }) => id % 3 === 0)
        .map(({ id, text }) => ({
          id,
          text: text === null ? null : `${text}!`,
          nothing: null,
          same: 'the same text everywhere',
        })),
    );
  });

  it('is the identity for a part of a batch', async () => {
    const part = columnsOf(
      EVERY_TYPE,
      Array.from({ length: 100 }, (_, index) => EDGE_ROWS[index % EDGE_ROWS.length] ?? {}),
    ).slice(11, 73);
    await expectIdentity(part);
  });

  it('puts nothing under NULL, so that later stages may read the values unseen', async () => {
    const schema = nullable([
      ['n', { kind: 'int32' }],
      ['m', { kind: 'int64' }],
    ]);
    const columns = columnsOf(schema, [
      { n: 1, m: 1 },
      { n: 2, m: 2 },
    ]);
    const sql = 'SELECT CASE WHEN n > 1 THEN n END AS n, CASE WHEN m > 1 THEN m END AS m FROM batch';
    const back = await new Inline(sql).transformColumns(columns);
    const [n, m] = [back.column('n'), back.column('m')];
    expect([n.valid, m.valid]).toEqual([Uint8Array.of(0, 1), Uint8Array.of(0, 1)]);
    expect(n.storage === 'int32' && n.values).toEqual(Int32Array.of(0, 2));
    expect(m.storage === 'int64' && m.values).toEqual(Int32Array.of(0, 0, 2, 0));
  });

  it('refuses what DuckDB cannot hold', async () => {
    const decimals = nullable([['price', { kind: 'decimal', precision: 30, scale: 2 }]]);
    const notANumber = select('SELECT * FROM batch', decimals, [{ price: 'NaN' }]);
    await expect(notANumber).rejects.toThrow('price: NaN is not decimal(30,2) in DuckDB');
    const texts = nullable([['name', { kind: 'string' }]]);
    const columns = columnsOf(texts, [{ name: 'a name of some length' }]);
    const column = columns.column('name');
    if (column.storage === 'bytes') column.bytes.fill(0xff);
    await expect(all.transformColumns(columns)).rejects.toThrow('name holds text that is not UTF-8');
  });

  it('hands over no records, and columns of which a statement reads none', async () => {
    const empty = await all.transformColumns(Columns.allocate(EVERY_TYPE, 0));
    expect(empty.length).toBe(0);
    expect(empty.schema).toEqual(EVERY_TYPE);
    expect((await select('SELECT count(*) AS records FROM batch', EVERY_TYPE, EDGE_ROWS)).rows).toEqual([
      { records: 4 },
    ]);
  });
});

describe('what comes back from DuckDB', () => {
  const one = nullable([['n', { kind: 'int64' }]]);

  it.each([
    ['200::UTINYINT', 'int16', 200],
    ['(-100)::TINYINT', 'int16', -100],
    ['60000::USMALLINT', 'int32', 60_000],
    ['4294967295::UINTEGER', 'int64', 4_294_967_295],
    ['18446744073709551615::UBIGINT', 'decimal(20,0)', '18446744073709551615'],
    ['sum(n)', 'decimal(38,0)', '7'],
    ["'-99999999999999999999999999999999999999'::HUGEINT", 'decimal(38,0)', '-99999999999999999999999999999999999999'],
    ["'99999999999999999999999999999999999999'::UHUGEINT", 'decimal(38,0)', '99999999999999999999999999999999999999'],
    ['1.5::DECIMAL(3,1)', 'decimal(3,1)', '1.5'],
    ['(-12345.67)::DECIMAL(9,2)', 'decimal(9,2)', '-12345.67'],
    ['2 * 1.25::DECIMAL(20,2)', 'decimal(30,2)', '2.50'],
    ["TIMESTAMP_S '1969-12-31 23:59:59'", 'timestamp', '1969-12-31T23:59:59'],
    ["TIMESTAMP_MS '1969-12-31 23:59:59.123'", 'timestamp', '1969-12-31T23:59:59.123'],
    ["TIMESTAMP_NS '1969-12-31 23:59:59.123456789'", 'timestamp', '1969-12-31T23:59:59.123456'],
    ["'infinity'::TIMESTAMP_NS", 'timestamp', 'infinity'],
    ["'-infinity'::TIMESTAMP_S", 'timestamp', '-infinity'],
    ["TIMESTAMPTZ '2026-03-29 02:30:00 Europe/Berlin'", 'timestamp with zone', '2026-03-29T01:30:00Z'],
    ["TIME '24:00:00'", 'time', '24:00:00'],
    ["to_json({'a': [1, 2]})", 'json', { a: [1, 2] }],
    ["uuid '0D7C3A2E-91B1-4D0F-A6A6-1F2E3D4C5B6A'", 'uuid', '0d7c3a2e-91b1-4d0f-a6a6-1f2e3d4c5b6a'],
    ['NULL', 'int32', null],
  ])('%s is %s', async (expression, type, value) => {
    const result = await select(`SELECT ${expression} AS value FROM batch`, one, [{ n: 7 }]);
    expect(result).toEqual({ types: { value: type }, rows: [{ value }] });
  });

  it.each([
    ['[n]', 'BIGINT[]', 'to_json(value) AS value'],
    ["{'a': n}", 'STRUCT("a" BIGINT)', 'to_json(value) AS value'],
    ["MAP {'a': n}", 'MAP(VARCHAR, BIGINT)', 'to_json(value) AS value'],
    ["INTERVAL '1 day'", 'INTERVAL', 'value::VARCHAR'],
    ["TIMETZ '10:00:00+02'", 'TIME WITH TIME ZONE', 'value::VARCHAR'],
    ["'a'::ENUM('a', 'b')", "ENUM('a', 'b')", 'value::VARCHAR'],
    ["'0101'::BIT", 'BIT', 'value::VARCHAR'],
  ])('%s has no column type, and the error says what to write instead', async (expression, type, instead) => {
    await expect(select(`SELECT ${expression} AS value FROM batch`, one, [{ n: 7 }])).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: `Column value comes back from DuckDB as ${type}, which no column can hold.`,
      hint: expect.stringContaining(instead),
    });
  });

  it('refuses integers of more than 38 digits', async () => {
    const sql = "SELECT '100000000000000000000000000000000000000'::HUGEINT AS value FROM batch";
    await expect(select(sql, one, [{ n: 7 }])).rejects.toThrow(/has more than 38 digits/);
  });

  it('keeps a decimal of any size under its name, and only if it is one', async () => {
    const schema = nullable([['price', { kind: 'decimal' }]]);
    const rows = [{ price: `${'9'.repeat(60)}.5` }];
    expect((await select('SELECT price, price AS label FROM batch', schema, rows)).types).toEqual({
      price: 'decimal',
      label: 'string',
    });
    await expect(select("SELECT price || ' EUR' AS price FROM batch", schema, rows)).rejects.toThrow(
      /price: "9+" is not decimal; give the new column another name/,
    );
  });
});
