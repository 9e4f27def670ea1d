import type { Columns } from '../../columns/columns.ts';
import { bindings, type DuckDBConnection, type DuckDBDataChunk, duckdb } from './duckdb.ts';
import { toDuckDBType } from './types.ts';
import { writeVector } from './write-vector.ts';

const FUNCTION_NAME = 'columns_of';
/** Records that DuckDB works on at a time. */
const VECTOR_SIZE = bindings.vector_size();

interface Scan {
  readonly columns: Columns;
  /** Which of the columns the statement reads, in the order of the vectors. */
  readonly wanted: readonly number[];
  /** Records that were given. */
  given: number;
}

/**
 * Lets statements read columns where they lie: a table function of DuckDB that writes the columns that a statement
 * needs, and only those, to the vectors that it works on. Nothing is stored in between.
 */
export class ColumnsFunction {
  readonly #sources = new Map<number, Columns>();
  #next = 1;

  /** Makes the function known to all connections of the database that `connection` belongs to. */
  register(connection: DuckDBConnection): void {
    connection.registerTableFunction(
      duckdb.DuckDBTableFunction.create({
        name: FUNCTION_NAME,
        parameterTypes: [duckdb.INTEGER],
        supportsProjectionPushdown: true,
        bindFunction: (bind) => {
          const columns = this.#source(Number(bind.getParameter(0)));
          for (const { name, type } of columns.schema.fields) bind.addResultColumn(name, toDuckDBType(type));
          bind.setCardinality(columns.length, true);
          bind.setBindData(columns);
        },
        initFunction: (init) => {
          // One thread, so that the records keep their order.
          init.setMaxThreads(1);
          const scan: Scan = { columns: init.bindData as Columns, wanted: init.getColumnIndexes(), given: 0 };
          init.setInitData(scan);
        },
        mainFunction: (info, chunk) => give(info.initData as Scan, chunk),
      }),
    );
  }

  /** Gives columns a number, by which the expression that is returned reads them; until `release`. */
  hold(columns: Columns): { readonly expression: string; release(): void } {
    const id = this.#next++;
    this.#sources.set(id, columns);
    return { expression: `${FUNCTION_NAME}(${id})`, release: () => this.#sources.delete(id) };
  }

  #source(id: number): Columns {
    const columns = this.#sources.get(id);
    if (columns === undefined) throw new RangeError(`There are no columns ${id}.`);
    return columns;
  }
}

function give(scan: Scan, chunk: DuckDBDataChunk): void {
  const { columns, wanted, given } = scan;
  const count = Math.min(VECTOR_SIZE, columns.length - given);
  chunk.rowCount = count;
  if (count === 0) return;
  wanted.forEach((index, position) => {
    const column = columns.columns[index];
    if (column !== undefined) writeVector(bindings.data_chunk_get_vector(chunk.chunk, position), column, given, count);
  });
  scan.given += count;
}
