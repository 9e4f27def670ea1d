import fc from 'fast-check';
import { expect, test } from 'vitest';
import { conformColumns } from '../../../skeleton/base/src/runtime/columns/conform.ts';
import { columnsFromRows, rowsFromColumns } from '../../../skeleton/base/src/runtime/columns/rows.ts';
import { parseType } from '../../../skeleton/base/src/runtime/schema/parse-type.ts';
import type { TableSchema } from '../../../skeleton/base/src/runtime/schema/table-schema.ts';
import { anyColumns } from '../schema/generated-contracts.ts';

const TYPES = ['boolean', 'int16', 'int32', 'int64', 'float32', 'float64', 'string', 'json', 'uuid', 'date', 'time'];
const MORE = [
  'decimal',
  'decimal(7,2)',
  'decimal(18,0)',
  'decimal(30,4)',
  'timestamp',
  'timestamp with zone',
  'binary',
];

test('a column becomes what its values become one by one', () => {
  const types = fc.constantFrom(...TYPES, ...MORE).map(parseType);
  const property = fc.property(anyColumns(12), types, fc.boolean(), ({ type, values }, wanted, nullable) => {
    const given: TableSchema = { fields: [{ name: 'value', type, nullable: true }] };
    const schema: TableSchema = { fields: [{ name: 'value', type: wanted, nullable }] };
    const rows = values.map((value) => ({ value }));
    const { columns } = columnsFromRows(given, rows);
    const expected = columnsFromRows(schema, rowsFromColumns<{ value: unknown }>(columns));
    const actual = conformColumns(columns, schema);
    expect(rowsFromColumns(actual.columns)).toStrictEqual(rowsFromColumns(expected.columns));
    expect(actual.failures).toEqual(expected.failures);
  });
  fc.assert(property, { seed: 4, numRuns: Number(process.env.PROPERTY_RUNS ?? 2000) });
});
