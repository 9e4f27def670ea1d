import { ColumnsPool } from '../../../columns/columns-pool.ts';
import { groupCapacity } from '../record-group.ts';
import { exactSchema } from './exact-schema.ts';
import type { Framing } from './framing.ts';
import { JsonGroup } from './json-group.ts';
import { type ObjectLayout, ObjectScanner } from './object-scanner.ts';

/** Makes the groups of a file one after the other, in the memory of those that are loaded. */
export class JsonGroups {
  readonly #framing: Framing;
  readonly #batchSize: number;
  #layout: ObjectLayout;
  #pool: ColumnsPool;
  /** For groups that are made from now on. */
  scanner: ObjectScanner;

  constructor(layout: ObjectLayout, framing: Framing, batchSize: number) {
    this.#framing = framing;
    this.#batchSize = batchSize;
    this.#layout = layout;
    this.#pool = this.#createPool();
    this.scanner = new ObjectScanner(layout, framing);
  }

  /** @param firstRow 1-based number of the first record in the file */
  next(firstRow: number): JsonGroup {
    return new JsonGroup(this.#pool.take(), this.#layout.exact, this.#pool.capacity, firstRow);
  }

  /** Chooses other columns for the groups to come where those of a group do not hold its records. */
  async learn(group: JsonGroup, records: number): Promise<void> {
    if (!group.isUnlikeItsColumns) return;
    this.#layout = { schema: await exactSchema(group.sample(records)), exact: true };
    this.#pool = this.#createPool();
    this.scanner = new ObjectScanner(this.#layout, this.#framing);
  }

  /** What takes the memory of a group back. */
  recycler({ columns }: JsonGroup): () => void {
    const pool = this.#pool;
    return () => pool.giveBack(columns);
  }

  #createPool(): ColumnsPool {
    const { schema } = this.#layout;
    return new ColumnsPool(schema, groupCapacity(this.#batchSize, schema.fields.length));
  }
}
