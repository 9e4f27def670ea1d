import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsFromRows, rowsFromColumns } from '../../../../skeleton/base/src/runtime/columns/rows.ts';
import type { TableSchema } from '../../../../skeleton/base/src/runtime/schema/table-schema.ts';
import {
  partitionFolder,
  splitByPartition,
  toLogPath,
} from '../../../../skeleton/connectors/delta/src/runtime/connectors/delta/partitions.ts';

const schema: TableSchema = {
  fields: [
    { name: 'id', type: { kind: 'int32' }, nullable: false },
    { name: 'country', type: { kind: 'string' }, nullable: true },
  ],
};

describe('splitByPartition', () => {
  it('gives each record to the one partition of its value', () => {
    const countries = fc.option(fc.constantFrom('DE', 'AT', 'null', 'FR'));
    fc.assert(
      fc.property(fc.array(countries, { maxLength: 50 }), (values) => {
        const rows = values.map((country, id) => ({ id, country }));
        const partitions = splitByPartition(columnsFromRows(schema, rows).columns, ['country']);
        const found = partitions.flatMap(({ values: { country }, columns }) => {
          const part = rowsFromColumns<{ id: number; country: string | null }>(columns);
          expect(new Set(part.map((row) => row.country))).toEqual(new Set([country]));
          return part;
        });
        expect(found.sort((left, right) => left.id - right.id)).toEqual(rows);
        expect(partitions).toHaveLength(new Set(values).size);
      }),
    );
  });

  it('leaves the records of a table without partitions alone', () => {
    const { columns } = columnsFromRows(schema, [{ id: 1, country: null }]);
    expect(splitByPartition(columns, [])).toEqual([{ values: {}, columns }]);
    expect(splitByPartition(columns.slice(0, 0), ['country'])).toEqual([]);
  });
});

describe('partitionFolder', () => {
  it.each([
    [{}, ''],
    [{ country: 'DE', day: '2026-01-31' }, 'country=DE/day=2026-01-31'],
    [{ country: null }, 'country=__HIVE_DEFAULT_PARTITION__'],
    [{ 'a/b': 'c:d e%\u0001' }, 'a%2Fb=c%3Ad%20e%25%01'],
    [{ country: 'Österreich' }, 'country=Österreich'],
  ])('names %j', (values, folder) => {
    expect(partitionFolder(values)).toBe(folder);
  });

  it('stays within what file systems allow, and apart for different values', () => {
    const names = ['é'.repeat(200), `${'é'.repeat(199)}e`].map((value) => partitionFolder({ v: value }));
    expect(new Set(names).size).toBe(2);
    for (const name of names) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
  });
});

describe('toLogPath', () => {
  it('escapes each segment as in a URI, so that decoding gives the path of the file', () => {
    expect(toLogPath('country=a%2Fb/part-00000.parquet')).toBe('country=a%252Fb/part-00000.parquet');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (value) => {
        const path = `${partitionFolder({ v: value })}/part.parquet`;
        expect(decodeURIComponent(toLogPath(path))).toBe(path);
      }),
    );
  });
});
