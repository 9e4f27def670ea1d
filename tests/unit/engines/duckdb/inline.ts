import type { Columns } from '../../../../skeleton/base/src/runtime/columns/columns.ts';
import { columnsFromRows, rowsFromColumns } from '../../../../skeleton/base/src/runtime/columns/rows.ts';
import type { Row } from '../../../../skeleton/base/src/runtime/pipeline/batch.ts';
import type { Effect } from '../../../../skeleton/base/src/runtime/pipeline/transformer.ts';
import { describeType, type TableSchema } from '../../../../skeleton/base/src/runtime/schema/table-schema.ts';
import {
  SqlStreamTransformer,
  SqlTransformer,
} from '../../../../skeleton/engines/duckdb/src/runtime/engines/duckdb/index.ts';

/** A statement as a transformer, without a class of its own. */
export class Inline extends SqlTransformer<Row, Row> {
  readonly sql: string;
  override readonly effect: Effect;

  constructor(sql: string, effect: Effect = 'map') {
    super();
    this.sql = sql;
    this.effect = effect;
  }
}

export class InlineStream extends SqlStreamTransformer<Row, Row> {
  readonly sql: string;
  override readonly effect: Effect;
  override readonly folder: string;
  override readonly memoryLimit: string;

  constructor(sql: string, options: { effect?: Effect; folder: string; memoryLimit?: string }) {
    super();
    this.sql = sql;
    this.effect = options.effect ?? 'map';
    this.folder = options.folder;
    this.memoryLimit = options.memoryLimit ?? '256MB';
  }
}

/** Columns of rows that all fit. */
export function columnsOf(schema: TableSchema, rows: readonly Row[]): Columns {
  const { columns, failures } = columnsFromRows(schema, rows);
  if (failures.length > 0) throw new Error(`${failures[0]?.column} ${failures[0]?.message}`);
  return columns;
}

/** What a statement makes of rows: the rows of its result, and the types of its columns. */
export async function select(sql: string, schema: TableSchema, rows: readonly Row[]) {
  const result = await new Inline(sql).transformColumns(columnsOf(schema, rows));
  const types = Object.fromEntries(result.schema.fields.map(({ name, type }) => [name, describeType(type)]));
  return { rows: rowsFromColumns<Row>(result), types };
}
