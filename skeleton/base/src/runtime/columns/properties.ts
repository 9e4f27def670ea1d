import { type Column, sliceColumn, takeFromColumn } from './column.ts';
import { Columns } from './columns.ts';
import { makeRows } from './make-rows.ts';
import { readValues } from './read-values.ts';
import type { Records } from './records.ts';

/** One property of all records of a batch: the column that holds its values, or values that somebody made. */
export class Property {
  readonly name: string;
  /** Holds exactly these values, as `readValues` gives them. */
  readonly column: Column | undefined;
  readonly length: number;
  #values: readonly unknown[] | undefined;

  private constructor(name: string, length: number, column: Column | undefined, values?: readonly unknown[]) {
    this.name = name;
    this.length = length;
    this.column = column;
    this.#values = values;
  }

  static fromColumn(column: Column, length: number): Property {
    return new Property(column.field.name, length, column);
  }

  static fromValues(name: string, values: readonly unknown[]): Property {
    return new Property(name, values.length, undefined, values);
  }

  /** Read from the column when they are first asked for, and kept. */
  values(): readonly unknown[] {
    this.#values ??= this.column === undefined ? [] : readValues(this.column, this.length);
    return this.#values;
  }

  slice(start: number, end: number): Property {
    const column = this.column && sliceColumn(this.column, start, end);
    return new Property(this.name, end - start, column, this.#values?.slice(start, end));
  }

  /** The values at `indices`, copied. */
  take(indices: readonly number[]): Property {
    const values = this.#values;
    const column = this.column && takeFromColumn(this.column, indices);
    const taken = values && indices.map((index) => values[index]);
    return new Property(this.name, indices.length, column, taken);
  }
}

/** Records as their properties, each one a column or values; all of them have the same properties. */
export class Properties implements Records {
  readonly columnar = true;
  readonly list: readonly Property[];
  readonly length: number;
  #columns: Columns | undefined;

  constructor(list: readonly Property[], length: number) {
    this.list = list;
    this.length = length;
  }

  static fromColumns(columns: Columns): Properties {
    const { length } = columns;
    const list = columns.columns.map((column) => Property.fromColumn(column, length));
    const properties = new Properties(list, length);
    properties.#columns = columns;
    return properties;
  }

  rows(): readonly unknown[] {
    const values = this.list.map((property) => property.values());
    return makeRows(this.names(), values, this.length);
  }

  names(): readonly string[] {
    return this.list.map(({ name }) => name);
  }

  property(name: string): Property | undefined {
    return this.list.find((property) => property.name === name);
  }

  inColumns(): readonly Property[] {
    return this.list.filter(({ column }) => column !== undefined);
  }

  /** `undefined` where a property has values that are in no column. */
  columns(): Columns | undefined {
    const columns = this.list.flatMap(({ column }) => column ?? []);
    if (columns.length < this.list.length) return undefined;
    this.#columns ??= new Columns({ fields: columns.map(({ field }) => field) }, columns, this.length);
    return this.#columns;
  }

  slice(start: number, end: number): Properties {
    const columns = this.#columns?.slice(start, end);
    if (columns !== undefined) return Properties.fromColumns(columns);
    const list = this.list.map((property) => property.slice(start, end));
    return new Properties(list, end - start);
  }

  take(indices: readonly number[]): Properties {
    const list = this.list.map((property) => property.take(indices));
    return new Properties(list, indices.length);
  }
}
