import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Columns } from '../../../../skeleton/base/src/runtime/columns/columns.ts';
import { columnsFromRows, rowsFromColumns } from '../../../../skeleton/base/src/runtime/columns/rows.ts';
import type { Row } from '../../../../skeleton/base/src/runtime/pipeline/batch.ts';
import type { Field, LogicalType, TableSchema } from '../../../../skeleton/base/src/runtime/schema/table-schema.ts';
import {
  findUnwritable,
  ParquetWriter,
  type ReadParquetOptions,
  readParquet,
  readParquetDescription,
  readParquetSchema,
} from '../../../../skeleton/formats/parquet/src/runtime/formats/parquet/index.ts';
import { arbitraryRows, EDGE_ROWS, EVERY_TYPE } from '../../../support/every-type.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const file = await temporaryFolder();
let files = 0;

function nextPath(): string {
  return file(`${++files}.parquet`);
}

async function write(path: string, schema: TableSchema, ...groups: (readonly Row[])[]) {
  const writer = await ParquetWriter.open(path, schema);
  for (const rows of groups) await writer.write(columnsFromRows(schema, rows).columns);
  return writer.finish();
}

async function read(path: string, options?: ReadParquetOptions): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const { columns, release } of readParquet(path, options)) {
    rows.push(...rowsFromColumns<Row>(columns));
    release();
  }
  return rows;
}

function schemaOf(...fields: (readonly [string, LogicalType, boolean?])[]): TableSchema {
  return { fields: fields.map(([name, type, nullable = true]): Field => ({ name, type, nullable })) };
}

/** Decimals of any size have no Parquet type; they come back as the text they are. */
const asStored: TableSchema = {
  fields: EVERY_TYPE.fields.map((field) =>
    field.name === 'unbounded' ? { ...field, type: { kind: 'string' } } : field,
  ),
};

describe('Parquet', () => {
  it('keeps every type with its edge values and NULLs', async () => {
    const path = nextPath();
    await write(path, EVERY_TYPE, EDGE_ROWS);
    expect(await readParquetSchema(path)).toEqual(asStored);
    expect(await read(path)).toEqual(EDGE_ROWS);
  });

  it('gives back what was written, from any row on and in groups of any size', async () => {
    const arbitrary = fc.record({
      rows: arbitraryRows(EVERY_TYPE, 60),
      copies: fc.integer({ min: 1, max: 40 }),
      batchRows: fc.integer({ min: 1, max: 200 }),
      skip: fc.nat(100),
    });
    await fc.assert(
      fc.asyncProperty(arbitrary, async ({ rows, copies, batchRows, skip }) => {
        const path = nextPath();
        const all = Array.from({ length: copies }, () => rows);
        await write(path, EVERY_TYPE, ...all);
        expect(await read(path, { batchRows, fromRow: skip })).toEqual(all.flat().slice(skip));
      }),
      { numRuns: 40 },
    );
  });

  it('reads across row groups and chooses columns', async () => {
    const schema = schemaOf(
      ['id', { kind: 'int32' }, false],
      ['text', { kind: 'string' }],
      ['many', { kind: 'string' }],
    );
    const rows = Array.from({ length: 70_000 }, (_, id) => ({
      id,
      text: id % 3 === 0 ? null : `value ${id % 7}`,
      many: `${id}`,
    }));
    const path = nextPath();
    await write(path, schema, rows, rows, rows);
    expect(await readParquetDescription(path)).toEqual({ schema, rows: 210_000 });
    const part = await read(path, { columns: ['text', 'id'], fromRow: 139_990, batchRows: 30_000 });
    expect(part).toEqual([...rows, ...rows, ...rows].slice(139_990).map(({ id, text }) => ({ text, id })));
  });

  it('cuts long texts into pages of a megabyte, which end where the reader likes', async () => {
    const schema = schemaOf(['id', { kind: 'int32' }, false], ['body', { kind: 'string' }]);
    const bodyOf = (id: number) => (id % 7 === 0 ? null : `${id}, `.repeat(400 + (id % 200)));
    const rows = Array.from({ length: 3000 }, (_, id) => ({ id, body: bodyOf(id) }));
    const path = nextPath();
    await write(path, schema, rows);
    const megabytes = rows.reduce((sum, { body }) => sum + (body?.length ?? 0), 0) / 2 ** 20;
    const FRAME = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
    const frames = (await readFile(path)).toString('latin1').split(FRAME.toString('latin1')).length - 1;
    expect(frames).toBe(1 + Math.ceil(megabytes));
    expect(await read(path)).toEqual(rows);
    expect(await read(path, { fromRow: 1234, batchRows: 500 })).toEqual(rows.slice(1234));
  });

  it('keeps values of a megabyte', async () => {
    const schema = schemaOf(['text', { kind: 'string' }], ['bytes', { kind: 'binary' }]);
    const rows = Array.from({ length: 40 }, (_, index) => ({
      text: String.fromCharCode(97 + (index % 26)).repeat(1024 * 1024),
      bytes: Buffer.alloc(1024 * 1024, index),
    }));
    const path = nextPath();
    await write(path, schema, rows);
    const found = await read(path);
    expect(found).toHaveLength(40);
    for (const [index, row] of found.entries()) {
      expect(row.text === rows[index]?.text).toBe(true);
      expect(rows[index]?.bytes.equals(row.bytes as Buffer)).toBe(true);
    }
  });

  it('keeps -0, NaN and infinities', async () => {
    const schema = schemaOf(['value', { kind: 'float64' }, false]);
    const rows = [-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0].map((value) => ({ value }));
    const path = nextPath();
    const { columns } = await write(path, schema, rows);
    expect(await read(path)).toEqual(rows);
    expect(columns.get('value')).toEqual({
      nullCount: 0,
      min: Number.NEGATIVE_INFINITY,
      max: Number.POSITIVE_INFINITY,
    });
  });

  it('writes a file without records', async () => {
    const path = nextPath();
    expect(await write(path, EVERY_TYPE)).toMatchObject({ rows: 0 });
    expect(await readParquetSchema(path)).toEqual(asStored);
    expect(await read(path)).toEqual([]);
  });

  it('writes a slice of larger columns', async () => {
    const path = nextPath();
    const { columns } = columnsFromRows(EVERY_TYPE, [...EDGE_ROWS, ...EDGE_ROWS]);
    const writer = await ParquetWriter.open(path, EVERY_TYPE);
    await writer.write(columns.slice(1, 3));
    await writer.write(columns.slice(5, 8));
    await writer.finish();
    expect(await read(path)).toEqual([...EDGE_ROWS.slice(1, 3), ...EDGE_ROWS.slice(1, 4)]);
  });
});

describe('the summary of a file', () => {
  it('has the bounds and the NULLs of every column', async () => {
    const { rows, columns } = await write(nextPath(), EVERY_TYPE, EDGE_ROWS);
    expect(rows).toBe(4);
    expect(Object.fromEntries(columns)).toEqual({
      flag: { nullCount: 1, min: false, max: true },
      small: { nullCount: 1, min: -32_768, max: 32_767 },
      medium: { nullCount: 1, min: -2_147_483_648, max: 2_147_483_647 },
      large: { nullCount: 1, min: -9_223_372_036_854_775_808n, max: 9_223_372_036_854_775_807n },
      single: { nullCount: 1, min: Math.fround(-1.17e-38), max: Math.fround(3.4e38) },
      double: { nullCount: 1, min: -0.1, max: 1.7976931348623157e308 },
      price: { nullCount: 1, min: '-9999999999.99', max: '9999999999.99' },
      exact: { nullCount: 1, min: '-999999999999999999', max: '999999999999999999' },
      huge: { nullCount: 1, min: `-${'9'.repeat(34)}.9999`, max: `${'9'.repeat(34)}.9999` },
      unbounded: { nullCount: 1, min: '-0.000000000000000000000000000001', max: 'NaN' },
      text: { nullCount: 1, min: '', max: 'Grüße, 世界 🎉 "quoted"\nnew line\ttab' },
      document: { nullCount: 1 },
      id: { nullCount: 1, min: '00000000-0000-0000-0000-000000000000', max: 'ffffffff-ffff-ffff-ffff-ffffffffffff' },
      bytes: { nullCount: 1 },
      day: { nullCount: 1, min: '0001-01-01', max: '9999-12-31' },
      clock: { nullCount: 1, min: '00:00:00', max: '23:59:59.999999' },
      local: { nullCount: 1, min: '1969-12-31T23:59:59.999999', max: '9999-12-31T00:00:00' },
      instant: { nullCount: 1, min: '1900-01-01T00:00:00Z', max: '2026-01-31T23:59:59.999999Z' },
    });
  });

  it('covers all row groups', async () => {
    const schema = schemaOf(['id', { kind: 'int64' }], ['name', { kind: 'string' }], ['empty', { kind: 'int32' }]);
    const rows = Array.from({ length: 120_000 }, (_, id) => ({
      id: id % 2 === 0 ? id : null,
      name: `${id}`,
      empty: null,
    }));
    const { columns } = await write(nextPath(), schema, rows.slice(60_000), rows.slice(0, 60_000), [
      { id: -5, name: '', empty: null },
    ]);
    expect(Object.fromEntries(columns)).toEqual({
      id: { nullCount: 60_000, min: -5, max: 119_998 },
      name: { nullCount: 0, min: '', max: '99999' },
      empty: { nullCount: 120_001 },
    });
  });
});

describe('what a writer cannot hold', () => {
  it('is found before: decimals that are no number or too long', () => {
    const schema = schemaOf(['amount', { kind: 'decimal', precision: 20, scale: 2 }]);
    const rows = ['1.50', 'NaN', null, '1.234', `${'9'.repeat(18)}.99`, '9'.repeat(19)].map((amount) => ({ amount }));
    const failures = findUnwritable(columnsFromRows(schema, rows).columns, schema);
    expect(failures.map(({ index, message }) => [index, message])).toEqual([
      [1, 'NaN is not decimal(20,2)'],
      [3, '1.234 is not decimal(20,2)'],
      [5, '9999999999999999999 is not decimal(20,2)'],
    ]);
  });

  it('leaves nothing behind when it is given up', async () => {
    const path = file('given-up/orders.parquet');
    await expect(ParquetWriter.open(path, EVERY_TYPE)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const writer = await ParquetWriter.open(nextPath(), EVERY_TYPE);
    await writer.write(columnsFromRows(EVERY_TYPE, EDGE_ROWS).columns);
    await writer.abort();
    expect((await readdir(dirname(nextPath()))).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('is refused: NULL in a column that allows none', async () => {
    const columns = columnsFromRows(schemaOf(['id', { kind: 'int32' }]), [{ id: 1 }, { id: null }]).columns;
    const writer = await ParquetWriter.open(nextPath(), schemaOf(['id', { kind: 'int32' }, false]));
    await writer.write(columns);
    await expect(writer.finish()).rejects.toMatchObject({ code: 'REJECTED', where: { column: 'id' } });
    await writer.abort();
  });
});

describe('a damaged file', () => {
  const schema = schemaOf(['id', { kind: 'int64' }, false], ['text', { kind: 'string' }]);
  const rows = Array.from({ length: 20_000 }, (_, id) => ({ id, text: `text ${id}` }));

  async function damaged(damage: (bytes: Buffer) => Buffer): Promise<string> {
    const path = nextPath();
    await write(path, schema, rows);
    await writeFile(path, damage(await readFile(path)));
    return path;
  }

  it.each([
    ['is empty', () => Buffer.alloc(0)],
    ['is something else', () => Buffer.from('order_id,amount\n1,2\n')],
    ['has lost its end', (bytes: Buffer) => bytes.subarray(0, bytes.length - 1000)],
    ['has lost its beginning', (bytes: Buffer) => bytes.subarray(5000)],
    [
      'has a flipped bit',
      (bytes: Buffer) => {
        bytes.writeUInt8(bytes.readUInt8(5000) ^ 4, 5000);
        return bytes;
      },
    ],
    ['has a footer of nonsense', (bytes: Buffer) => bytes.fill(7, bytes.length - 100, bytes.length - 8)],
  ])('that %s is UNREADABLE', async (_, damage) => {
    const path = await damaged(damage);
    await expect(read(path)).rejects.toMatchObject({
      code: 'UNREADABLE',
      where: { file: path },
      hint: expect.any(String),
    });
  });

  it('never gives wrong records, wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 0.999, noNaN: true }), async (share) => {
        const path = nextPath();
        const { bytes } = await write(path, schema, rows);
        await truncate(path, Math.floor(bytes * share));
        await expect(read(path)).rejects.toMatchObject({ code: 'UNREADABLE' });
      }),
      { numRuns: 25 },
    );
  });

  it('is told from one that is missing, and from a column that is', async () => {
    await expect(read(file('missing.parquet'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const path = await damaged((bytes) => bytes);
    await expect(read(path, { columns: ['nothing'] })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      where: { column: 'nothing' },
    });
  });
});

it('does not depend on the columns object of the caller', async () => {
  const path = nextPath();
  const schema = schemaOf(['text', { kind: 'string' }]);
  const writer = await ParquetWriter.open(path, schema);
  const uuid = columnsFromRows(schemaOf(['text', { kind: 'uuid' }]), [
    { text: '0d7c3a2e-91b1-4d0f-a6a6-1f2e3d4c5b6a' },
  ]);
  await writer.write(new Columns(schema, uuid.columns.columns, 1));
  await writer.finish();
  expect(await read(path)).toEqual([{ text: '0d7c3a2e-91b1-4d0f-a6a6-1f2e3d4c5b6a' }]);
});
