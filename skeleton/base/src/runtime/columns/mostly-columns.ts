import { type Properties, Property } from './properties.ts';
import type { Records } from './records.ts';

/** Records in columns, but for some that have other properties than the columns, or values that those do not hold. */
export class MostlyColumns implements Records {
  readonly columnar = true;
  /** All records; what is there in place of an exception means nothing. */
  readonly regular: Properties;
  /** By index. */
  readonly exceptions: ReadonlyMap<number, object>;

  constructor(regular: Properties, exceptions: ReadonlyMap<number, object>) {
    this.regular = regular;
    this.exceptions = exceptions;
  }

  get length(): number {
    return this.regular.length;
  }

  rows(): readonly unknown[] {
    const rows = [...this.regular.rows()];
    for (const [index, row] of this.exceptions) rows[index] = row;
    return rows;
  }

  names(): undefined {
    return undefined;
  }

  property(name: string): Property {
    const regular = this.regular.property(name);
    const values = regular === undefined ? new Array<unknown>(this.length) : [...regular.values()];
    for (const [index, row] of this.exceptions) values[index] = Object.getOwnPropertyDescriptor(row, name)?.value;
    return Property.fromValues(name, values);
  }

  inColumns(): readonly Property[] {
    return [];
  }

  columns(): undefined {
    return undefined;
  }

  slice(start: number, end: number): Records {
    const exceptions = new Map<number, object>();
    for (const [index, row] of this.exceptions) if (index >= start && index < end) exceptions.set(index - start, row);
    return withExceptions(this.regular.slice(start, end), exceptions);
  }

  take(indices: readonly number[]): Records {
    const exceptions = new Map<number, object>();
    indices.forEach((from, to) => {
      const row = this.exceptions.get(from);
      if (row !== undefined) exceptions.set(to, row);
    });
    return withExceptions(this.regular.take(indices), exceptions);
  }
}

function withExceptions(regular: Properties, exceptions: ReadonlyMap<number, object>): Records {
  return exceptions.size === 0 ? regular : new MostlyColumns(regular, exceptions);
}
