import { expect, it } from 'vitest';
import { columnsFromRows } from '../../../../skeleton/base/src/runtime/columns/rows.ts';
import type { Position } from '../../../../skeleton/base/src/runtime/pipeline/position.ts';
import type { TableSchema } from '../../../../skeleton/base/src/runtime/schema/table-schema.ts';
import {
  lastPlace,
  parsePosition,
  writePosition,
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
  expect(lastPlace(columns, ['at', 'day', 'name'])).toEqual({ at: atText, day: dayText, name: at });
});

const AFTER = { id: '3', at: '2026-01-01' };

it.each<Position>([
  { rows: 3, after: AFTER },
  { rows: 3, after: AFTER, seen: '18446744073709551615', table: '16412', since: '2025-12-31' },
  { rows: 0, reading: { passed: AFTER } },
  { rows: 0, after: AFTER, seen: '7', reading: { until: '735', since: '2025-12-31', passed: { id: '4' } } },
  { rows: 1, seen: '7' },
])('takes back what it gave, in any order of its columns: %j', (position) => {
  expect(writePosition(parsePosition(position, ['at', 'id']))).toEqual(position);
});

it.each([
  [{}],
  [{ rows: 3 }],
  [{ rows: 3, after: { at: '1' } }],
  [{ rows: 3, after: { at: 1, id: 2 } }],
  [{ file: 'a.csv' }],
  [{ rows: 3, after: { id: '3' } }],
  [{ rows: 3, after: AFTER, seen: 'yesterday' }],
  [{ rows: 3, reading: { passed: { at: '2026-01-01' } } }],
])('refuses %j, which is no position in this order', (position) => {
  expect(() => parsePosition(position, ['at', 'id'])).toThrow('no position in the order of at, id');
});
