import { mkdir, readdir } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BytesColumn } from '../../../skeleton/base/src/runtime/columns/column.ts';
import { readText } from '../../../skeleton/base/src/runtime/columns/read-values.ts';
import { columnsFromRows, rowsFromColumns } from '../../../skeleton/base/src/runtime/columns/rows.ts';
import type { Row } from '../../../skeleton/base/src/runtime/pipeline/batch.ts';
import type { TableSchema } from '../../../skeleton/base/src/runtime/schema/table-schema.ts';
import {
  ParquetWriter,
  readParquet,
  readParquetDescription,
} from '../../../skeleton/formats/parquet/src/runtime/formats/parquet/index.ts';
import { EDGE_ROWS, EVERY_TYPE } from '../../support/every-type.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { Peers } from './peers.ts';

const folder = await temporaryFolder();
let peers: Peers;
beforeAll(async () => {
  peers = await Peers.install();
});

async function write(path: string, schema: TableSchema, rows: readonly Row[]): Promise<void> {
  const writer = await ParquetWriter.open(path, schema);
  await writer.write(columnsFromRows(schema, rows).columns);
  await writer.finish();
}

async function read(path: string, batchRows?: number): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const { columns } of readParquet(path, { ...(batchRows && { batchRows }) }))
    rows.push(...rowsFromColumns<Row>(columns));
  return rows;
}

/** A value as the peers' program prints it. */
function printed(name: string, value: unknown): unknown {
  if (value === null) return null;
  if (typeof value === 'bigint') return String(value);
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (name === 'document') return JSON.stringify(value);
  if (typeof value !== 'string' || !['clock', 'local', 'instant'].includes(name)) return value;
  const [time = '', fraction = ''] = value.replace('Z', '').split('.');
  return `${time}.${fraction.padEnd(6, '0')}${value.endsWith('Z') ? '+00:00' : ''}`;
}

function asPrinted(rows: readonly Row[]): Row[] {
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, printed(name, value)])),
  );
}

describe('a file that the writer made', () => {
  it('holds for pyarrow and DuckDB what was written: every type, edge values, NULLs', async () => {
    const path = folder('every-type.parquet');
    await write(path, EVERY_TYPE, EDGE_ROWS);
    const { types, rows, duckTypes, duckRows } = await peers.read(path);
    expect(rows).toEqual(asPrinted(EDGE_ROWS));
    expect(duckRows).toEqual(asPrinted(EDGE_ROWS));
    expect(types).toEqual({
      flag: 'bool',
      small: 'int16',
      medium: 'int32',
      large: 'int64',
      single: 'float',
      double: 'double',
      price: 'decimal128(12, 2)',
      exact: 'decimal128(18, 0)',
      huge: 'decimal128(38, 4)',
      unbounded: 'string',
      text: 'string',
      document: expect.stringMatching(/json/),
      id: expect.stringMatching(/uuid/),
      bytes: 'binary',
      day: 'date32[day]',
      clock: 'time64[us]',
      local: 'timestamp[us]',
      instant: 'timestamp[us, tz=UTC]',
    });
    expect(duckTypes).toMatchObject({
      id: 'UUID',
      huge: 'DECIMAL(38,4)',
      document: 'JSON',
      instant: 'TIMESTAMP WITH TIME ZONE',
    });
  });

  it('holds long texts in several pages, with and without NULLs between them', async () => {
    const schema: TableSchema = {
      fields: [
        { name: 'body', type: { kind: 'string' }, nullable: true },
        { name: 'note', type: { kind: 'string' }, nullable: false },
      ],
    };
    const rows = Array.from({ length: 3000 }, (_, id) => ({
      body: id % 7 === 0 || id > 2500 ? null : `${id}, `.repeat(400 + (id % 200)),
      note: `${id} `.repeat(200),
    }));
    const path = folder('documents.parquet');
    await write(path, schema, rows);
    const seen = await peers.read(path);
    expect(JSON.stringify(seen.rows) === JSON.stringify(rows), 'pyarrow').toBe(true);
    expect(JSON.stringify(seen.duckRows) === JSON.stringify(rows), 'DuckDB').toBe(true);
  });

  it('has statistics that they read, row group by row group', async () => {
    const schema: TableSchema = {
      fields: [
        { name: 'id', type: { kind: 'int64' }, nullable: false },
        { name: 'price', type: { kind: 'decimal', precision: 25, scale: 2 }, nullable: true },
        { name: 'text', type: { kind: 'string' }, nullable: true },
        { name: 'kind', type: { kind: 'string' }, nullable: false },
      ],
    };
    const rows = Array.from({ length: 90_000 }, (_, id) => ({
      id,
      price: id % 2 === 0 ? `${id - 45_000}.50` : null,
      text: id % 3 === 0 ? null : `text ${id}`,
      kind: `kind ${id % 10}`,
    }));
    const path = folder('statistics.parquet');
    await write(path, schema, rows);
    const { statistics, groups, rows: seen } = await peers.read(path);
    expect(JSON.stringify(seen) === JSON.stringify(asPrinted(rows))).toBe(true);
    expect(groups).toBe(2);
    expect(statistics).toEqual({
      id: [
        { nulls: 0, min: 0, max: 44_999 },
        { nulls: 0, min: 45_000, max: 89_999 },
      ],
      price: [
        { nulls: 22_500, min: '-45000.50', max: '-2.50' },
        { nulls: 22_500, min: '0.50', max: '44998.50' },
      ],
      text: [
        { nulls: 15_000, min: 'text 1', max: 'text 9998' },
        { nulls: 15_000, min: 'text 45001', max: 'text 89999' },
      ],
      kind: [
        { nulls: 0, min: 'kind 0', max: 'kind 9' },
        { nulls: 0, min: 'kind 0', max: 'kind 9' },
      ],
    });
  });

  it('may have no records', async () => {
    const path = folder('empty.parquet');
    await write(path, EVERY_TYPE, []);
    expect(await peers.read(path)).toMatchObject({ rows: [], duckRows: [] });
  });
});

describe('files that pyarrow and DuckDB made', () => {
  const nothing = Object.fromEntries(
    'flag tiny small medium large unsigned8 unsigned16 unsigned32 unsigned64 half single double price4 price huge text largeText bytes fixed day clock32 clock64 milliseconds microseconds nanoseconds list struct map nothing'
      .split(' ')
      .map((name) => [name, null]),
  );
  const first: Row = {
    flag: true,
    tiny: 127,
    small: 32_767,
    medium: 2_147_483_647,
    large: 9_223_372_036_854_775_807n,
    unsigned8: 255,
    unsigned16: 65_535,
    unsigned32: 4_294_967_295,
    unsigned64: '18446744073709551615',
    half: 1.5,
    single: 1.5,
    double: 0.1,
    price4: '1.23',
    price: '1.23',
    huge: '12345678901234567890123456789012345.678',
    text: 'Grüße 🎉',
    largeText: 'x'.repeat(100_000),
    bytes: Buffer.of(0, 255),
    fixed: Buffer.from('abc'),
    day: '9999-12-31',
    clock32: '23:59:59.999',
    clock64: '23:59:59.999999',
    milliseconds: '1970-01-01T00:00:00.001',
    microseconds: '1970-01-01T00:00:00.000001Z',
    nanoseconds: '1970-01-01T00:00:00.000001',
    list: [1, null],
    struct: { a: 1, b: 'x' },
    map: { k: 1 },
    nothing: null,
  };
  const last: Row = {
    flag: false,
    tiny: -128,
    small: -32_768,
    medium: -2_147_483_648,
    large: -9_223_372_036_854_775_808n,
    unsigned8: 0,
    unsigned16: 0,
    unsigned32: 0,
    unsigned64: '0',
    half: -2,
    single: -2.25,
    double: -1e300,
    price4: '-9999999.99',
    price: '-0.01',
    huge: '-12345678901234567890123456789012345.678',
    text: '',
    largeText: '',
    bytes: Buffer.alloc(0),
    fixed: Buffer.of(0, 1, 2),
    day: '1969-12-31',
    clock32: '00:00:00',
    clock64: '00:00:00',
    milliseconds: '1969-12-31T23:59:59.999',
    microseconds: '1969-12-31T23:59:59.999999Z',
    nanoseconds: '1969-12-31T23:59:59.999999',
    list: [],
    struct: { a: null, b: null },
    map: {},
    nothing: null,
  };
  const expected = [first, nothing, last];

  beforeAll(async () => {
    await mkdir(folder('written'));
    await peers.write(folder('written'));
  });

  it('are read whatever their compression, pages and encodings', async () => {
    const names = (await readdir(folder('written'))).map((name) => name.replace('.parquet', ''));
    const variants = names.filter((name) => !['many', 'lz4', 'duckdb', 'exact', 'no-columns'].includes(name));
    expect(variants).toHaveLength(10);
    for (const name of variants) {
      const rows = await read(folder(`written/${name}.parquet`), name === 'small-pages' ? 1 : undefined);
      // The old way of writing timestamps says nothing about zones.
      const old =
        name === 'old-timestamps'
          ? { microseconds: expect.stringMatching(/^(1970-01-01T00:00:00.000001|1969-12-31T23:59:59.999999)$/) }
          : {};
      const wanted = expected.map((row) => (row.microseconds === null ? row : { ...row, ...old }));
      expect([name, rows]).toEqual([name, wanted]);
    }
  });

  it('are read across large row groups, from any row on', async () => {
    const path = folder('written/many.parquet');
    const text = (id: number) => (id % 5 === 0 ? null : `text ${id % 1000}`);
    const rows = await read(path, 70_000);
    expect(rows).toHaveLength(300_000);
    expect(rows.every((row, id) => row.id === id && row.text === text(id))).toBe(true);
    for await (const { columns } of readParquet(path, { fromRow: 249_990, batchRows: 20 })) {
      const part = rowsFromColumns<Row>(columns);
      expect(part).toEqual(
        Array.from({ length: 20 }, (_, index) => ({ id: 249_990 + index, text: text(249_990 + index) })),
      );
      break;
    }
    const duckdb = await read(folder('written/duckdb.parquet'));
    expect(duckdb.every((row, id) => row.id === id && row.text === `text ${id}` && row.amount === `${id}.000`)).toBe(
      true,
    );
  });

  it('keep all digits inside of structs, and times that are too far away are infinite', async () => {
    for await (const { columns } of readParquet(folder('written/exact.parquet'))) {
      expect(readText(columns.column('nested') as BytesColumn, 0)).toBe(
        '{"price":12345678901234567890.123456789,"ids":[9223372036854775807]}',
      );
      expect(rowsFromColumns<Row>(columns.select(['far']))).toEqual([{ far: 'infinity' }]);
    }
  });

  it('may have no columns', async () => {
    expect(await readParquetDescription(folder('written/no-columns.parquet'))).toEqual({
      schema: { fields: [] },
      rows: 0,
    });
    expect(await read(folder('written/no-columns.parquet'))).toEqual([]);
  });

  it('are refused with a hint when their compression is not known', async () => {
    await expect(read(folder('written/lz4.parquet'))).rejects.toMatchObject({
      code: 'UNREADABLE',
      message: expect.stringMatching(/LZ4.*zstd/),
    });
  });
});
