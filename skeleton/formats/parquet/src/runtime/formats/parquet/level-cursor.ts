import { allocateColumn, type Column } from '../../columns/column.ts';
import { readValues } from '../../columns/read-values.ts';
import type { DataPage, DataPages } from './data-pages.ts';

/** Entries that are decoded at once. */
const BLOCK = 1024;

/** The entries of one stored column below a list, map or struct, with their levels and as JavaScript values. */
export class LevelCursor {
  readonly #pages: DataPages;
  #page: DataPage | undefined;
  /** Entries of the page that are not decoded yet. */
  #left = 0;
  #ended = false;
  /** Levels and values of decoded entries; those up to `#position` are used up. */
  #repetition: number[] = [];
  #definition: number[] = [];
  #values: unknown[] = [];
  #position = 0;
  #valuePosition = 0;
  /** Entries at which a record starts, from `#position` on. */
  #starts = 0;

  constructor(pages: DataPages) {
    this.#pages = pages;
  }

  /** Decodes until the next record is there as a whole; says how many are. */
  async load(): Promise<number> {
    while (!this.#ended && this.#starts < 2) await this.#decodeBlock();
    return this.#ended ? this.#starts : this.#starts - 1;
  }

  /** Repetition level of the next entry; 0 where a record starts, and behind the last one. */
  get repetition(): number {
    return this.#repetition[this.#position] ?? 0;
  }

  /** Definition level of the next entry. @throws RangeError when there is none */
  get definition(): number {
    const level = this.#definition[this.#position];
    if (level === undefined) throw new RangeError('a column ends before its row group');
    return level;
  }

  /** The value of the next entry, `null` where it has none; passes over the entry. */
  take(): unknown {
    const level = this.definition;
    if (this.repetition === 0) this.#starts--;
    this.#position++;
    return level === this.#pages.leaf.definition ? this.#values[this.#valuePosition++] : null;
  }

  async #decodeBlock(): Promise<void> {
    if (this.#left === 0) {
      this.#page = await this.#pages.next();
      this.#left = this.#page?.entries ?? 0;
    }
    const page = this.#page;
    if (page === undefined) {
      this.#ended = true;
      return;
    }
    try {
      this.#append(page, Math.min(BLOCK, this.#left));
    } catch (error) {
      throw this.#pages.locate(error, page.offset);
    }
  }

  #append(page: DataPage, count: number): void {
    const { leaf } = this.#pages;
    this.#compact();
    const repetition = readLevels(page.repetition, leaf.repetition, count);
    const definition = readLevels(page.definition, leaf.definition, count);
    if ((this.#repetition[0] ?? repetition[0]) !== 0) throw new RangeError('a record has no beginning');
    let present = 0;
    for (let index = 0; index < count; index++) {
      if (definition[index] === leaf.definition) present++;
      if (repetition[index] === 0) this.#starts++;
      this.#repetition.push(repetition[index] ?? 0);
      this.#definition.push(definition[index] ?? 0);
    }
    const column: Column = allocateColumn(leaf.field, present);
    page.values.read(column, 0, present);
    for (const value of readValues(column, present)) this.#values.push(toJsonValue(leaf.field.type.kind, value));
    this.#left -= count;
    if (this.#left === 0) page.values.end?.();
  }

  #compact(): void {
    this.#repetition = this.#repetition.slice(this.#position);
    this.#definition = this.#definition.slice(this.#position);
    this.#values = this.#values.slice(this.#valuePosition);
    this.#position = 0;
    this.#valuePosition = 0;
  }
}

/** Decimals are numbers in JSON, with exactly their digits. */
function toJsonValue(kind: string, value: unknown): unknown {
  return kind === 'decimal' ? JSON.rawJSON(String(value)) : value;
}

function readLevels(levels: DataPage['definition'], max: number, count: number): Uint8Array {
  const read = new Uint8Array(count).fill(levels === undefined ? max : 0);
  levels?.read(read, 0, count);
  for (let index = 0; index < count; index++) if ((read[index] ?? 0) > max) throw new RangeError('a level is too high');
  return read;
}
