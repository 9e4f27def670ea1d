import { ColumnsFunction } from './columns-function.ts';
import { Connection } from './connection.ts';
import { type DuckDBInstance, duckdb } from './duckdb.ts';

export interface DatabaseOptions {
  /** Threads that one statement may work on. */
  readonly threads: number;
  /** Memory for data, as DuckDB writes it: `256MB`. */
  readonly memoryLimit: string;
  /** Folder for what does not fit into memory; left out, a statement that needs more fails. */
  readonly folder?: string;
}

/** A DuckDB database in memory, whose statements can read columns. */
export class Database {
  readonly #instance: DuckDBInstance;
  readonly #functions: ColumnsFunction;

  private constructor(instance: DuckDBInstance, functions: ColumnsFunction) {
    this.#instance = instance;
    this.#functions = functions;
  }

  static async open({ threads, memoryLimit, folder = '' }: DatabaseOptions): Promise<Database> {
    const instance = await duckdb.DuckDBInstance.create(':memory:', {
      threads: String(threads),
      memory_limit: memoryLimit,
      temp_directory: folder,
      errors_as_json: 'true',
      // What a statement does must not depend on what could be downloaded when it first ran.
      autoinstall_known_extensions: 'false',
    });
    const functions = new ColumnsFunction();
    const connection = await instance.connect();
    await connection.run("SET GLOBAL TimeZone = 'UTC'");
    functions.register(connection);
    connection.closeSync();
    return new Database(instance, functions);
  }

  /** A connection of its own: nobody else sees its views and temporary tables. */
  async connect(): Promise<Connection> {
    return new Connection(await this.#instance.connect(), this.#functions);
  }

  close(): void {
    this.#instance.closeSync();
  }
}
