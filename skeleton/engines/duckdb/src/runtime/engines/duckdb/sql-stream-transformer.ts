import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Columns } from '../../columns/columns.ts';
import { asStorageError } from '../../errors/storage-error.ts';
import { StreamTransformer, type StreamWork } from '../../pipeline/stream-transformer.ts';
import type { TableSchema } from '../../schema/table-schema.ts';
import type { Connection } from './connection.ts';
import { Database } from './database.ts';
import { explainSqlError, type SqlOf } from './sql-error.ts';

/** Each thread takes memory of its own; with more of them a statement would need a higher limit. */
const MOST_THREADS = 2;

/**
 * Turns all records that a run reads into others with one SQL statement on DuckDB.
 *
 * ```ts
 * class TotalsByCountry extends SqlStreamTransformer<Order, CountryTotal> {
 *   override readonly effect = 'merge';
 *   readonly sql = 'SELECT country, count(*) AS orders, sum(total_eur) AS total_eur FROM stream GROUP BY country';
 * }
 * ```
 *
 * Records are gathered in DuckDB's own memory; what is beyond `memoryLimit` goes to files below `folder` until the run
 * ends. The resource has to be read and replaced as a whole: docs/engines/duckdb.md.
 */
export abstract class SqlStreamTransformer<Input, Output> extends StreamTransformer<Input, Output> {
  /** One SELECT that reads `stream`. */
  abstract readonly sql: string;
  /** Memory that DuckDB may take before it writes to files, in its own words. */
  readonly memoryLimit: string = '256MB';
  /** Folder for files of a run that is under way. */
  readonly folder: string = 'data/duckdb';

  override async check(input: TableSchema): Promise<TableSchema> {
    const database = await Database.open({ threads: 1, memoryLimit: this.memoryLimit });
    const connection = await database.connect();
    try {
      return await connection.check(this, 'stream', input);
    } finally {
      connection.close();
      database.close();
    }
  }

  override async open(stream: string, columns: TableSchema): Promise<StreamWork> {
    const folder = join(this.folder, stream);
    try {
      // What a killed run left: nobody else works on the stream.
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
    } catch (error) {
      throw asStorageError(error, folder);
    }
    const threads = Math.min(MOST_THREADS, availableParallelism());
    const database = await Database.open({ threads, memoryLimit: this.memoryLimit, folder });
    const work = new SqlStream(this, { database, connection: await database.connect(), folder, columns });
    await work.prepare();
    return work;
  }
}

interface Opened {
  readonly database: Database;
  readonly connection: Connection;
  readonly folder: string;
  readonly columns: TableSchema;
}

class SqlStream implements StreamWork {
  readonly #source: SqlOf;
  readonly #opened: Opened;

  constructor(source: SqlOf, opened: Opened) {
    this.#source = source;
    this.#opened = opened;
  }

  async prepare(): Promise<void> {
    const { connection, columns } = this.#opened;
    await connection.show('arriving', Columns.allocate(columns, 0));
    await connection.run('CREATE TABLE stream AS SELECT * FROM arriving');
  }

  async take(columns: Columns): Promise<void> {
    const { connection } = this.#opened;
    await connection.show('arriving', columns);
    try {
      await connection.run('INSERT INTO stream SELECT * FROM arriving');
    } catch (error) {
      throw explainSqlError(error, this.#source, 'run');
    }
  }

  async *give(size: number): AsyncGenerator<Columns> {
    const { connection, columns } = this.#opened;
    const query = await connection.prepare(this.#source);
    yield* query.parts(query.schema(columns), size);
  }

  async close(): Promise<void> {
    const { connection, database, folder } = this.#opened;
    connection.close();
    database.close();
    await rm(folder, { recursive: true, force: true });
  }
}
