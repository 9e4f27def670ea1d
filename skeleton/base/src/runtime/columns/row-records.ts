import type { Columns } from './columns.ts';
import { compareRows, readProperty } from './make-rows.ts';
import { Property } from './properties.ts';
import type { Records } from './records.ts';

/** What rows were made of. */
export interface RowSource {
  readonly records: Records;
  /** For each row, the index of the record that it may share values with; `undefined`: as many, in the same order. */
  readonly indices: Int32Array | undefined;
}

/** @param origins for each row the index of the record that it was made of; left out, its own */
export function rowSource(records: Records, origins?: readonly number[]): RowSource {
  if (origins === undefined) return { records, indices: undefined };
  const inOrder = origins.length === records.length && origins.every((origin, index) => origin === index);
  return { records, indices: inOrder ? undefined : Int32Array.from(origins) };
}

/** Records as objects. Values that are those of the record an object was made of stay in their column. */
export class RowRecords implements Records {
  readonly #rows: readonly unknown[];
  readonly #source: RowSource | undefined;
  /** Properties of the source that are as they were. */
  #unchanged: ReadonlyMap<string, Property> | undefined;
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
    const property = this.#shared(name) ?? Property.fromValues(name, readProperty(this.#rows, name));
    this.#properties.set(name, property);
    return property;
  }

  /** `undefined` where a row has another value than the record that it was made of. */
  #shared(name: string): Property | undefined {
    if (this.#source === undefined) return undefined;
    this.#unchanged ??= new Map(
      sharedProperties(this.#source, this.#rows).map((property) => [property.name, property]),
    );
    const { indices } = this.#source;
    const property = this.#unchanged.get(name);
    return indices === undefined ? property : property?.take([...indices]);
  }

  inColumns(): readonly Property[] {
    const before = this.#source?.records.inColumns() ?? [];
    return before.map(({ name }) => this.property(name)).filter(({ column }) => column !== undefined);
  }

  columns(): Columns | undefined {
    return undefined;
  }

  slice(start: number, end: number): RowRecords {
    const rows = this.#rows.slice(start, end);
    if (this.#source === undefined) return new RowRecords(rows);
    const { records, indices } = this.#source;
    if (indices === undefined) return new RowRecords(rows, { records: records.slice(start, end), indices });
    return new RowRecords(rows, { records, indices: indices.subarray(start, end) });
  }

  take(indices: readonly number[]): RowRecords {
    const rows = indices.map((index) => this.#rows[index]);
    if (this.#source === undefined) return new RowRecords(rows);
    const { records, indices: before } = this.#source;
    const origins = indices.map((index) => before?.[index] ?? index);
    return new RowRecords(rows, rowSource(records, origins));
  }
}

/**
 * The columns of the source of which all rows still have the values. What is in an object may have been changed without
 * giving a new object, so that values which are objects count as changed.
 */
export function sharedProperties({ records, indices }: RowSource, rows: readonly unknown[]): readonly Property[] {
  const candidates = records.inColumns().filter(({ column }) => {
    const kind = column?.field.type.kind;
    return kind !== 'json' && kind !== 'binary';
  });
  const names = candidates.map(({ name }) => name);
  const values = candidates.map((property) => property.values());
  const same = compareRows(rows, names, values, indices);
  return candidates.filter((_, index) => same[index]);
}
