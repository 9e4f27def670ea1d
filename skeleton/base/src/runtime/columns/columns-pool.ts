import type { TableSchema } from '../schema/table-schema.ts';
import { Columns } from './columns.ts';

/** Columns of one schema for one batch after the other, in the memory of those that nobody reads any more. */
export class ColumnsPool {
  /** Records of a batch. */
  readonly capacity: number;
  readonly #schema: TableSchema;
  readonly #spare: Columns[] = [];
  #last: Columns | undefined;

  constructor(schema: TableSchema, capacity: number) {
    this.#schema = schema;
    this.capacity = capacity;
  }

  /** Empty columns. New ones have room for a little more text than the last ones hold. */
  take(): Columns {
    this.#last = this.#spare.pop() ?? this.#last?.next(this.capacity) ?? Columns.allocate(this.#schema, this.capacity);
    return this.#last;
  }

  /** Nobody may read these any more. Those of another schema are of no use. */
  giveBack(columns: Columns): void {
    if (columns.schema !== this.#schema) return;
    columns.clear();
    this.#spare.push(columns);
  }
}
