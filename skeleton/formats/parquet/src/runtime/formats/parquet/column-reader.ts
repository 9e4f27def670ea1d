import type { FileHandle } from 'node:fs/promises';
import { allocateColumn, type Column } from '../../columns/column.ts';
import { type DataPage, DataPages } from './data-pages.ts';
import type { Leaf } from './file-schema.ts';
import type { ChunkMetadata } from './footer-model.ts';
import { spreadValues } from './spread-values.ts';

/** Reads the records of one column of one row group; keeps one page in memory, and the dictionary. */
export class ColumnReader {
  readonly #pages: DataPages;
  #page: DataPage | undefined;
  /** Records of the page that are still to be read. */
  #left = 0;

  constructor(file: FileHandle, leaf: Leaf, chunk: ChunkMetadata) {
    this.#pages = new DataPages(file, leaf, chunk);
  }

  /** Delivers the next `count` records as records `at` and following of `target`. */
  async read(target: Column, at: number, count: number): Promise<void> {
    for (let done = 0; done < count; ) {
      const page = await this.#current();
      const rows = Math.min(count - done, this.#left);
      try {
        readRecords(page, target, at + done, rows);
        this.#left -= rows;
        if (this.#left === 0) page.values.end?.();
      } catch (error) {
        throw this.#pages.locate(error, page.offset);
      }
      done += rows;
    }
  }

  /** Passes over records. */
  async skip(count: number): Promise<void> {
    const { field, definition } = this.#pages.leaf;
    for (let done = 0; done < count; ) {
      const rows = Math.min(count - done, 4096);
      await this.read(allocateColumn({ ...field, nullable: definition > 0 }, rows), 0, rows);
      done += rows;
    }
  }

  async #current(): Promise<DataPage> {
    if (this.#page === undefined || this.#left === 0) {
      this.#page = await this.#pages.next();
      if (this.#page === undefined) throw new RangeError('a row group has fewer records than it says');
      this.#left = this.#page.entries;
    }
    return this.#page;
  }
}

function readRecords({ definition, values }: DataPage, target: Column, at: number, rows: number): void {
  const { valid } = target;
  if (definition === undefined || definition.takeRun(1, rows)) {
    values.read(target, at, rows);
    valid?.fill(1, at, at + rows);
    return;
  }
  if (valid === undefined) throw new TypeError(`${target.field.name} cannot hold NULL.`);
  definition.read(valid, at, rows);
  let present = 0;
  for (let index = at; index < at + rows; index++) present += valid[index] ?? 0;
  values.read(target, at, present);
  spreadValues(target, valid, at, rows, present);
}
