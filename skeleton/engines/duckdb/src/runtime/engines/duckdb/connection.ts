import { Columns } from '../../columns/columns.ts';
import type { TableSchema } from '../../schema/table-schema.ts';
import type { ColumnsFunction } from './columns-function.ts';
import { type DuckDBConnection, duckdb } from './duckdb.ts';
import { Query } from './query.ts';
import { explainSqlError, type SqlOf } from './sql-error.ts';

/** A connection to a database whose statements read columns. */
export class Connection {
  readonly #connection: DuckDBConnection;
  readonly #functions: ColumnsFunction;
  #release: () => void = () => undefined;

  constructor(connection: DuckDBConnection, functions: ColumnsFunction) {
    this.#connection = connection;
    this.#functions = functions;
  }

  /** Lets statements of this connection read columns under a name. They are held until others are shown. */
  async show(name: string, columns: Columns): Promise<void> {
    this.#release();
    const { expression, release } = this.#functions.hold(columns);
    this.#release = release;
    await this.#connection.run(`CREATE OR REPLACE TEMP VIEW ${name} AS SELECT * FROM ${expression}`);
  }

  /** Runs a statement of the engine's own. */
  async run(sql: string): Promise<void> {
    await this.#connection.run(sql);
  }

  /** @throws PipelineError `CONFIGURATION` when the text is not one SELECT that DuckDB can run */
  async prepare(source: SqlOf): Promise<Query> {
    try {
      const statement = await this.#connection.prepare(source.sql);
      if (statement.statementType !== duckdb.StatementType.SELECT) throw new Error('it is not a SELECT');
      return new Query(statement, source);
    } catch (error) {
      throw explainSqlError(error, source, 'prepare');
    }
  }

  /**
   * Finds out what columns a statement gives, and whether it can be run at all.
   *
   * @param name under which it reads the columns `input`
   * @throws PipelineError `CONFIGURATION` when it cannot
   */
  async check(source: SqlOf, name: string, input: TableSchema): Promise<TableSchema> {
    await this.show(name, Columns.allocate(input, 0));
    const query = await this.prepare(source);
    return query.schema(input);
  }

  close(): void {
    this.#release();
    this.#connection.closeSync();
  }
}
