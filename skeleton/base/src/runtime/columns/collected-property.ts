import { allocateColumn, type BytesColumn } from './column.ts';
import { appendTexts } from './column-from-texts.ts';
import { Property } from './properties.ts';
import { readValues } from './read-values.ts';

/** Values of one property, added part by part. As long as all are texts they are kept as bytes, which the garbage collector need not look at. */
export class CollectedProperty {
  readonly #name: string;
  #length = 0;
  #texts: BytesColumn | undefined;
  readonly #values: (readonly unknown[])[] = [];

  /** @param capacity number of values that are expected */
  constructor(name: string, capacity: number) {
    this.#name = name;
    const column = allocateColumn({ name, type: { kind: 'string' }, nullable: true }, capacity);
    if (column.storage === 'bytes') this.#texts = column;
  }

  append(values: readonly unknown[]): void {
    if (!this.#appendTexts(values)) {
      if (this.#texts !== undefined && this.#length > 0) this.#values.push(readValues(this.#texts, this.#length));
      this.#texts = undefined;
      this.#values.push(values);
    }
    this.#length += values.length;
  }

  /** All values. */
  property(): Property {
    if (this.#texts !== undefined) return Property.fromColumn(this.#texts, this.#length);
    return Property.fromValues(this.#name, this.#values.flat());
  }

  #appendTexts(values: readonly unknown[]): boolean {
    // A property that is missing is not one that is NULL.
    if (this.#texts === undefined || values.includes(undefined)) return false;
    this.#texts = withRoom(this.#texts, this.#length + values.length);
    return appendTexts(this.#texts, this.#length, values);
  }
}

function withRoom(column: BytesColumn, length: number): BytesColumn {
  if (length < column.offsets.length) return column;
  const valid = new Uint8Array(2 * length);
  valid.set(column.valid ?? []);
  const offsets = new Int32Array(2 * length + 1);
  offsets.set(column.offsets);
  return { ...column, valid, offsets };
}
