import type { Columns } from '../../columns/columns.ts';
import { ColumnTransformer } from '../../pipeline/transformer.ts';
import type { TableSchema } from '../../schema/table-schema.ts';
import type { Connection } from './connection.ts';
import { Database } from './database.ts';

/** What statements of all transformers together may take; a batch that needs more is too large. */
const MEMORY_LIMIT = '512MB';

let shared: Promise<Database> | undefined;

/** The one database for batches. One thread: a batch is less than DuckDB shares out among several. */
function databaseForBatches(): Promise<Database> {
  shared ??= Database.open({ threads: 1, memoryLimit: MEMORY_LIMIT });
  return shared;
}

/**
 * Turns batches of records into others with SQL on DuckDB. No row is made on the way.
 *
 * ```ts
 * class AddTotal extends SqlTransformer<Order, PricedOrder> {
 *   readonly sql = 'SELECT *, quantity * price AS total FROM batch';
 * }
 * ```
 *
 * How column types and DuckDB's types correspond: docs/engines/duckdb.md. `batch` is one batch, so an aggregation is one
 * over the batch; for one over all records of a run there is `SqlStreamTransformer`.
 */
export abstract class SqlTransformer<Input, Output> extends ColumnTransformer<Input, Output> {
  /** One SELECT that reads `batch`. Records keep their order where it has no ORDER BY, GROUP BY or JOIN. */
  abstract readonly sql: string;

  override check(input: TableSchema): Promise<TableSchema> {
    return withConnection((connection) => connection.check(this, 'batch', input));
  }

  override transformColumns(columns: Columns): Promise<Columns> {
    return withConnection(async (connection) => {
      await connection.show('batch', columns);
      const query = await connection.prepare(this);
      return query.all(query.schema(columns.schema));
    });
  }
}

async function withConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
  const database = await databaseForBatches();
  const connection = await database.connect();
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}
