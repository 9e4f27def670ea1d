import { Columns } from '../../../columns/columns.ts';
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
  #spare: Columns[] = [];
  /** For groups that are made from now on. */
  scanner: ObjectScanner;

  constructor(layout: ObjectLayout, framing: Framing, batchSize: number) {
    this.#layout = layout;
    this.#framing = framing;
    this.#batchSize = batchSize;
    this.scanner = new ObjectScanner(layout, framing);
  }

  /**
   * @param firstRow 1-based number of the first record in the file
   * @param before the group before, by which memory is reserved
   */
  next(firstRow: number, before?: JsonGroup): JsonGroup {
    const { schema } = this.#layout;
    const capacity = groupCapacity(this.#batchSize, schema.fields.length);
    const former = before?.columns.schema === schema ? before.columns : undefined;
    const columns = this.#spare.pop() ?? former?.next(capacity) ?? Columns.allocate(schema, capacity);
    return new JsonGroup(columns, this.#layout.exact, capacity, firstRow);
  }

  /** Chooses other columns for the groups to come where those of a group do not hold its records. */
  async learn(group: JsonGroup, records: number): Promise<void> {
    if (!group.isUnlikeItsColumns) return;
    this.#layout = { schema: await exactSchema(group.sample(records)), exact: true };
    this.#spare = [];
    this.scanner = new ObjectScanner(this.#layout, this.#framing);
  }

  /** What takes the memory of a group back. */
  recycler({ columns }: JsonGroup): () => void {
    return () => {
      if (columns.schema !== this.#layout.schema) return;
      columns.clear();
      this.#spare.push(columns);
    };
  }
}
