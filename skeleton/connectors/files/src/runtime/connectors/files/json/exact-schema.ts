import { setImmediate } from 'node:timers/promises';
import type { Row } from '../../../pipeline/batch.ts';
import type { LogicalType, TableSchema } from '../../../schema/table-schema.ts';
import { ROWS_AT_ONCE } from '../record-group.ts';

/**
 * Columns from which the values of JSON read back as they are, for the properties that most of the rows have. What
 * comes in several types is json.
 */
export async function exactSchema(rows: readonly Row[]): Promise<TableSchema> {
  const counts = new Map<string, number>();
  const types = new Map<string, LogicalType>();
  for (const [index, row] of rows.entries()) {
    if (index % ROWS_AT_ONCE === ROWS_AT_ONCE - 1) await setImmediate();
    for (const [name, value] of Object.entries(row)) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
      if (value !== null) types.set(name, widen(types.get(name), typeOf(value)));
    }
  }
  const names = [...counts].filter(([, count]) => 2 * count > rows.length).map(([name]) => name);
  return { fields: names.map((name) => ({ name, type: types.get(name) ?? { kind: 'json' }, nullable: true })) };
}

function typeOf(value: unknown): LogicalType {
  switch (typeof value) {
    case 'string':
      return { kind: 'string' };
    case 'boolean':
      return { kind: 'boolean' };
    case 'number':
      return { kind: Number.isSafeInteger(value) ? 'int64' : 'float64' };
    case 'bigint':
      return { kind: 'int64' };
    default:
      return { kind: 'json' };
  }
}

function widen(left: LogicalType | undefined, right: LogicalType): LogicalType {
  if (left === undefined || left.kind === right.kind) return right;
  const numbers = new Set(['int64', 'float64']);
  return { kind: numbers.has(left.kind) && numbers.has(right.kind) ? 'float64' : 'json' };
}
