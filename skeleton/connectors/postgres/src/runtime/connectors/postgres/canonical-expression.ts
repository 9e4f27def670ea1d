import type { LogicalType } from '../../schema/table-schema.ts';
import { selectExpression } from './source-query.ts';
import type { PostgresColumn } from './table-columns.ts';

/**
 * SQL for the digest of a record, the same that `canonical-record.ts` makes the bytes for: `record_send` of its values,
 * each cast to the one type that stands for all that the sink may hold it in.
 *
 * @param columns as they are in the table that the expression is for
 * @param types what the values count as, in the same order
 */
export function digestExpression(columns: readonly PostgresColumn[], types: readonly LogicalType[]): string {
  const values = columns.map((column, index) => canonicalExpression(column, types[index] ?? column.type));
  return `sha256(record_send(ROW(${values.join(', ')})))`;
}

/** The range of a key's digest: its first 16 bits. */
export function rangeExpression(digest: string): string {
  return `('x' || encode(substr(${digest}, 1, 2), 'hex'))::bit(16)::int`;
}

/** What is summed up of a record's digest: its first 64 bits. */
export function sumExpression(digest: string): string {
  return `('x' || encode(substr(${digest}, 1, 8), 'hex'))::bit(64)::bigint`;
}

/** Whether the server can bring the values of a column into canonical form; the text of `json` it keeps as it is. */
export function isCanonical({ type, wire }: PostgresColumn): boolean {
  return type.kind !== 'json' || wire === 'jsonb';
}

function canonicalExpression(column: PostgresColumn, as: LogicalType): string {
  const value = selectExpression(column);
  switch (as.kind) {
    case 'int16':
    case 'int32':
    case 'int64':
      return `${value}::int8`;
    case 'float32':
    case 'float64':
      return `CASE WHEN ${value} = 'NaN' THEN 'NaN'::float8 ELSE ${value}::float8 + 0 END`;
    case 'decimal':
      return `trim_scale(${value}::numeric)::text`;
    case 'timestamp':
      return column.type.kind === 'timestamp' && column.type.zone ? `${value} AT TIME ZONE 'UTC'` : value;
    case 'string':
      // A cast to text would take the blanks at its end.
      return /^(character|bpchar)\b(?! varying)/.test(column.castType)
        ? `textin(bpcharout(${value}))`
        : `${value}::text`;
    case 'json':
    case 'uuid':
      return `${value}::text`;
    case 'boolean':
    case 'binary':
    case 'date':
    case 'time':
      return value;
  }
}
