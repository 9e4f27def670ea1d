import { allocateColumn, type Column } from '../../columns/column.ts';
import { Columns } from '../../columns/columns.ts';
import type { Field, TableSchema } from '../../schema/table-schema.ts';
import { bindings, type DuckDBDataChunk, type DuckDBPreparedStatement, type DuckDBType } from './duckdb.ts';
import { readVector } from './read-vector.ts';
import { requireDecimals } from './require-decimals.ts';
import { explainSqlError, type SqlOf } from './sql-error.ts';
import { fromDuckDBType } from './types.ts';

/** A SELECT that DuckDB has understood. */
export class Query {
  readonly #statement: DuckDBPreparedStatement;
  readonly #names: readonly string[];
  readonly #types: readonly DuckDBType[];

  readonly #source: SqlOf;

  constructor(statement: DuckDBPreparedStatement, source: SqlOf) {
    this.#statement = statement;
    this.#source = source;
    const indices = Array.from({ length: statement.columnCount }, (_, index) => index);
    this.#names = indices.map((index) => statement.columnName(index));
    this.#types = indices.map((index) => statement.columnType(index));
    const twice = this.#names.find((name, index) => this.#names.indexOf(name) !== index);
    if (twice !== undefined) throw new Error(`it gives two columns the name ${twice}`);
  }

  /**
   * The columns of the result. All of them may be NULL: DuckDB does not tell.
   *
   * @param original what the statement reads: a decimal of any size that keeps its name stays one
   * @throws PipelineError `CONFIGURATION` for a type of DuckDB that no column has
   */
  schema(original: TableSchema): TableSchema {
    const before = new Map(original.fields.map(({ name, type }) => [name, type]));
    const fields = this.#types.map((type, index): Field => {
      const name = this.#names[index] ?? '';
      return { name, type: fromDuckDBType(name, type, before.get(name)), nullable: true };
    });
    return { fields };
  }

  /** Runs the statement and gives the whole result. */
  async all(schema: TableSchema): Promise<Columns> {
    const chunks = await Array.fromAsync(this.#chunks());
    return this.#columnsOf(schema, chunks);
  }

  /** Runs the statement and gives its result in parts of about `size` records; at least one, which may be empty. */
  async *parts(schema: TableSchema, size: number): AsyncGenerator<Columns> {
    let chunks: DuckDBDataChunk[] = [];
    let given = 0;
    for await (const chunk of this.#chunks()) {
      chunks.push(chunk);
      if (countRecords(chunks) + bindings.vector_size() <= size) continue;
      yield this.#columnsOf(schema, chunks);
      chunks = [];
      given += 1;
    }
    if (chunks.length > 0 || given === 0) yield this.#columnsOf(schema, chunks);
  }

  async *#chunks(): AsyncGenerator<DuckDBDataChunk> {
    try {
      const result = await this.#statement.stream();
      for await (const chunk of result) yield chunk;
    } catch (error) {
      throw explainSqlError(error, this.#source, 'run');
    }
  }

  #columnsOf(schema: TableSchema, chunks: readonly DuckDBDataChunk[]): Columns {
    const count = countRecords(chunks);
    const columns = schema.fields.map((field, index): Column => {
      const column = allocateColumn(field, count);
      const type = this.#types[index];
      let start = 0;
      for (const chunk of chunks) {
        const vector = bindings.data_chunk_get_vector(chunk.chunk, index);
        if (type !== undefined) readVector(vector, type, chunk.rowCount, column, start);
        start += chunk.rowCount;
      }
      requireDecimals(column, count);
      return column.valid?.includes(0) ? column : { ...column, valid: undefined };
    });
    // Gives the memory of texts back now: the garbage collector does not know how large a chunk is.
    for (const chunk of chunks) chunk.reset();
    return new Columns(schema, columns, count);
  }
}

function countRecords(chunks: readonly DuckDBDataChunk[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0);
}
