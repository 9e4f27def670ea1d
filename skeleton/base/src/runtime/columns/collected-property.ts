import { allocateBytesColumn, type BytesColumn } from './column.ts';
import { appendTexts } from './column-from-texts.ts';
import { Property } from './properties.ts';
import { readValues } from './read-values.ts';

/**
 * Values of one property, added part by part. As long as all of them are texts they are kept as bytes, which the garbage
 * collector need not look at.
 */
export class CollectedProperty {
  readonly #name: string;
  readonly #capacity: number;
  #length = 0;
  #texts: BytesColumn | undefined;
  /** Instead, where not all are texts. */
  readonly #values: (readonly unknown[])[] = [];

  /** @param capacity number of values that are expected */
  constructor(name: string, capacity: number) {
    this.#name = name;
    this.#capacity = capacity;
  }

  append(values: readonly unknown[]): void {
    if (!this.#appendTexts(values)) {
      if (this.#texts !== undefined) this.#values.push(readValues(this.#texts, this.#length));
      this.#texts = undefined;
      this.#values.push(values);
    }
    this.#length += values.length;
  }

  /** All values. */
  property(): Property {
    if (this.#texts !== undefined) return Property.fromColumn(this.#texts, this.#length);
    const none: readonly unknown[] = [];
    return Property.fromValues(this.#name, none.concat(...this.#values));
  }

  #appendTexts(values: readonly unknown[]): boolean {
    if (this.#values.length > 0 || !values.every(isTextOrNull)) return false;
    this.#texts ??= this.#allocate(values);
    this.#texts = withRoom(this.#texts, this.#length + values.length);
    return appendTexts(this.#texts, this.#length, values);
  }

  /** With room for texts as long as the first ones. */
  #allocate(values: readonly (string | null)[]): BytesColumn {
    const characters = values.reduce((sum, text) => sum + (text?.length ?? 0), 0);
    const bytes = Math.ceil((1.1 * characters * this.#capacity) / Math.max(1, values.length));
    const field = { name: this.#name, type: { kind: 'string' }, nullable: true } as const;
    return allocateBytesColumn(field, this.#capacity, bytes);
  }
}

/** A property that is missing, `undefined`, is not one that is NULL. */
function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

function withRoom(column: BytesColumn, length: number): BytesColumn {
  if (length < column.offsets.length) return column;
  const valid = new Uint8Array(2 * length);
  valid.set(column.valid ?? []);
  const offsets = new Int32Array(2 * length + 1);
  offsets.set(column.offsets);
  return { ...column, valid, offsets };
}
