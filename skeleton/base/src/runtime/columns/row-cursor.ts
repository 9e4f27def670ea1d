import type { Property } from './properties.ts';

/** One object that stands for each of many records in turn, and reads a value from its column when it is asked for it. */
export class RowCursor {
  /** The record in hand. It has all fields as properties of its own, so that it can be copied like any other object. */
  readonly row: object;
  #properties: readonly Property[] = [];
  #index = -1;

  constructor(names: readonly string[]) {
    const properties = names.map((name, column): [string, PropertyDescriptor] => [
      name,
      { enumerable: true, get: () => this.#value(column) },
    ]);
    this.row = Object.freeze(Object.defineProperties({}, Object.fromEntries(properties)));
  }

  /** @param properties of the records, in the order of the names */
  moveTo(properties: readonly Property[], index: number): void {
    this.#properties = properties;
    this.#index = index;
  }

  /** From here on no record is in hand: who kept the object learns so, and does not read another record. */
  leave(): void {
    this.#index = -1;
  }

  #value(column: number): unknown {
    if (this.#index < 0) throw new TypeError('A record can be read while its fields are changed, not later: copy it.');
    return this.#properties[column]?.values()[this.#index];
  }
}
