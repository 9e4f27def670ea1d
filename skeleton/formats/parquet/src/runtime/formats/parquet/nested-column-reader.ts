import type { FileHandle } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { Column } from '../../columns/column.ts';
import { toJsonText } from '../../columns/json-text.ts';
import { assembleRecord, type Cursors } from './assemble-record.ts';
import { chunkRange } from './check-footer.ts';
import { locateDamage } from './damage.ts';
import { DataPages } from './data-pages.ts';
import type { FileColumn } from './file-schema.ts';
import type { RowGroup } from './footer-model.ts';
import { LevelCursor } from './level-cursor.ts';
import { requireBytes, reserveText } from './value-reader.ts';

/** Records are put together for so many milliseconds before others have their turn. */
const TURN = 10;

/**
 * Reads lists, maps and structs of one row group as JSON text; keeps a page of each of their columns in memory.
 *
 * Decimals are numbers with all their digits, dates and timestamps ISO 8601 text, bytes base64.
 */
export class NestedColumnReader {
  readonly #column: FileColumn;
  readonly #cursors: Cursors;
  readonly #offset: number;

  constructor(file: FileHandle, column: FileColumn, group: RowGroup) {
    const { leaves } = column.node;
    const chunks = leaves.map((leaf) => {
      const chunk = group.columns[leaf.chunk]?.meta_data;
      if (chunk === undefined) throw new RangeError(`the footer does not say where ${leaf.path.join('.')} is`);
      return chunk;
    });
    this.#column = column;
    this.#offset = Math.min(...chunks.map((chunk) => chunkRange(chunk).start));
    this.#cursors = new Map(
      leaves.flatMap((leaf, index) => {
        const chunk = chunks[index];
        return chunk === undefined ? [] : [[leaf, new LevelCursor(new DataPages(file, leaf, chunk))] as const];
      }),
    );
  }

  /** Delivers the next `count` records as records `at` and following of `target`. */
  async read(target: Column, at: number, count: number): Promise<void> {
    const column = requireBytes(target);
    await this.#forEach(count, (value, index) => {
      const text = value === null ? '' : toJsonText(value);
      const size = Buffer.byteLength(text);
      const start = reserveText(column, at + index, size);
      column.bytes.write(text, start);
      column.offsets[at + index + 1] = start + size;
      if (column.valid !== undefined) column.valid[at + index] = value === null ? 0 : 1;
    });
  }

  /** Passes over records. */
  async skip(count: number): Promise<void> {
    await this.#forEach(count, () => undefined);
  }

  async #forEach(count: number, visit: (value: unknown, index: number) => void): Promise<void> {
    let turn = performance.now();
    for (let done = 0; done < count; ) {
      const loaded = await Promise.all([...this.#cursors.values()].map((cursor) => cursor.load()));
      const ready = Math.min(count - done, ...loaded);
      if (ready === 0) throw this.#locate(new RangeError('a column ends before its row group'));
      for (let record = 0; record < ready; record++) {
        visit(this.#assemble(), done++);
        if (performance.now() - turn > TURN) {
          await setImmediate();
          turn = performance.now();
        }
      }
    }
  }

  #assemble(): unknown {
    try {
      return assembleRecord(this.#column.node, this.#cursors);
    } catch (error) {
      throw this.#locate(error);
    }
  }

  #locate(error: unknown): unknown {
    return locateDamage(error, this.#offset, this.#column.field.name);
  }
}
