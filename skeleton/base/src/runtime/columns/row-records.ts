import type { Columns } from './columns.ts';
import { Property } from './properties.ts';
import type { Records } from './records.ts';

/** What rows were made of. */
export interface RowSource {
  readonly records: Records;
  /** For each row, the index of the record that it may share values with. */
  readonly indices: Int32Array;
}

/** Records as objects. Values that are those of the record an object was made of stay in their column. */
export class RowRecords implements Records {
  readonly #rows: readonly unknown[];
  readonly #source: RowSource | undefined;
  readonly #properties = new Map<string, Property>();

  /** @param source `undefined` where rows are all that there is */
  constructor(rows: readonly unknown[], source?: RowSource) {
    this.#rows = rows;
    this.#source = source;
  }

  get length(): number {
    return this.#rows.length;
  }

  get columnar(): boolean {
    return this.#source?.records.columnar ?? false;
  }

  rows(): readonly unknown[] {
    return this.#rows;
  }

  names(): undefined {
    return undefined;
  }

  property(name: string): Property {
    const known = this.#properties.get(name);
    if (known !== undefined) return known;
    const values = this.#rows.map((row) => propertyOf(row, name));
    const property = (this.#source && unchanged(name, values, this.#source)) ?? Property.fromValues(name, values);
    this.#properties.set(name, property);
    return property;
  }

  inColumns(): readonly Property[] {
    const before = this.#source?.records.inColumns() ?? [];
    return before.map(({ name }) => this.property(name)).filter(({ column }) => column !== undefined);
  }

  columns(): Columns | undefined {
    return undefined;
  }

  slice(start: number, end: number): RowRecords {
    const source = this.#source && { ...this.#source, indices: this.#source.indices.subarray(start, end) };
    return new RowRecords(this.#rows.slice(start, end), source);
  }

  take(indices: readonly number[]): RowRecords {
    const rows = indices.map((index) => this.#rows[index]);
    const source = this.#source;
    if (source === undefined) return new RowRecords(rows);
    return new RowRecords(rows, {
      ...source,
      indices: Int32Array.from(indices, (index) => source.indices[index] ?? 0),
    });
  }
}

function propertyOf(row: unknown, name: string): unknown {
  return (row as Readonly<Record<string, unknown>>)[name];
}

/**
 * The column of the source, where its records still have the values of it. What is in an object may have been changed
 * without giving a new object, so that values which are objects count as changed.
 */
function unchanged(name: string, values: readonly unknown[], { records, indices }: RowSource): Property | undefined {
  const before = records.property(name);
  const kind = before?.column?.field.type.kind;
  if (before === undefined || kind === undefined || kind === 'json' || kind === 'binary') return undefined;
  const known = before.values();
  let inOrder = before.length === values.length;
  for (let index = 0; index < values.length; index++) {
    const from = indices[index] ?? 0;
    if (!Object.is(values[index], known[from])) return undefined;
    if (from !== index) inOrder = false;
  }
  return inOrder ? before : before.take(Array.from(indices));
}
