import { expect, it } from 'vitest';
import { columnsFromRows } from '../../../../skeleton/base/src/runtime/columns/rows.ts';
import type { TableSchema } from '../../../../skeleton/base/src/runtime/schema/table-schema.ts';
import {
  parsePosition,
  positionAfter,
} from '../../../../skeleton/connectors/postgres/src/runtime/connectors/postgres/source-position.ts';

const SCHEMA: TableSchema = {
  fields: [
    { name: 'at', type: { kind: 'timestamp', zone: false }, nullable: false },
    { name: 'day', type: { kind: 'date' }, nullable: false },
    { name: 'name', type: { kind: 'string' }, nullable: false },
  ],
};

it.each([
  ['2026-01-31T12:00:00.000001', '2026-01-31T12:00:00.000001', '2026-01-31', '2026-01-31'],
  ['-000043-03-15T00:00:00', '0044-03-15T00:00:00 BC', '0000-01-01', '0001-01-01 BC'],
  ['+012345-01-01T00:00:00', '12345-01-01T00:00:00', '-004712-01-01', '4713-01-01 BC'],
  ['infinity', 'infinity', '-infinity', '-infinity'],
  ['+294247-01-10T00:00:00', '294247-01-10T00:00:00', '+5874897-12-31', '5874897-12-31'],
])('writes %s as PostgreSQL reads it', (at, atText, day, dayText) => {
  const { columns, failures } = columnsFromRows(SCHEMA, [{ at, day, name: at }]);
  expect(failures).toEqual([]);
  expect(positionAfter(columns, ['at', 'day', 'name'], 7)).toEqual({
    rows: 7,
    after: { at: atText, day: dayText, name: at },
  });
});

it('takes back what it gave, in any order of its columns', () => {
  const position = { rows: 3, after: { id: '3', at: '2026-01-01' } };
  expect(parsePosition(position, ['at', 'id'])).toEqual(position);
});

it.each([
  [{}],
  [{ rows: 3 }],
  [{ rows: 3, after: { at: '1' } }],
  [{ rows: 3, after: { at: 1, id: 2 } }],
  [{ file: 'a.csv' }],
])('refuses %j, which is no position in this order', (position) => {
  expect(() => parsePosition(position, ['at', 'id'])).toThrow('no position in the order of at, id');
});
