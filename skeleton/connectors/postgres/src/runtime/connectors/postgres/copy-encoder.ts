import type { Columns } from '../../columns/columns.ts';
import { type ColumnWriter, LARGEST_STRETCH } from './column-writer.ts';
import { columnWriter } from './column-writers.ts';
import type { CopyMessages } from './copy-in.ts';
import { COPY_DATA, COPY_HEADER, COPY_TRAILER, MESSAGE_HEADER } from './copy-protocol.ts';
import type { Wire } from './types.ts';

/** Size of a CopyData message; one with a single large row may be larger. */
export const FRAME_BYTES = 256 * 1024;
/** The number of fields before each row. */
const COUNT_SIZE = 2;

/**
 * Turns columns into CopyData messages in PostgreSQL's binary COPY format.
 *
 * As many rows as a message holds are measured first, so that it is known where each row begins; then each column is
 * written by a loop of its own.
 */
export class CopyEncoder implements CopyMessages {
  readonly #writers: readonly ColumnWriter[];
  /** Bytes of each row without those that differ from row to row. */
  readonly #fixedSize: number;
  readonly #rows: number;
  readonly #sizes = new Int32Array(LARGEST_STRETCH);
  /** Rows that the next message is thought to hold. */
  #stretch = 256;
  #row = 0;

  /** @param wires the format of each column */
  constructor(columns: Columns, wires: readonly Wire[]) {
    this.#writers = columns.columns.flatMap((column, index) => {
      const wire = wires[index];
      return wire === undefined ? [] : [columnWriter(wire, column, columns.length)];
    });
    this.#fixedSize = this.#writers.reduce((sum, { size = 0 }) => sum + size, COUNT_SIZE);
    this.#rows = columns.length;
  }

  get done(): boolean {
    return this.#row === this.#rows;
  }

  next(spare: Buffer | undefined): Buffer {
    const count = this.#measure();
    const lead = this.#row === 0 ? COPY_HEADER.length : 0;
    let size = MESSAGE_HEADER + lead;
    for (let index = 0; index < count; index++) {
      const rowSize = this.#sizes[index] ?? 0;
      this.#sizes[index] = size;
      size += rowSize;
    }
    const last = this.#row + count === this.#rows;
    const end = size + (last ? COPY_TRAILER.length : 0);
    const memory = spareMemory(spare, end);
    if (lead > 0) COPY_HEADER.copy(memory, MESSAGE_HEADER);
    this.#write(memory, count);
    if (last) COPY_TRAILER.copy(memory, size);
    memory[0] = COPY_DATA;
    memory.writeInt32BE(end - 1, 1);
    return memory.subarray(0, end);
  }

  /** Fills in the sizes of the next rows and says how many of them go into a message. */
  #measure(): number {
    const candidates = Math.min(this.#stretch, this.#rows - this.#row);
    this.#sizes.fill(this.#fixedSize, 0, candidates);
    for (const writer of this.#writers) writer.measure?.(this.#sizes, candidates, this.#row);
    let total = COPY_HEADER.length + MESSAGE_HEADER + COPY_TRAILER.length;
    let count = 0;
    while (count < candidates && (count === 0 || total + (this.#sizes[count] ?? 0) <= FRAME_BYTES)) {
      total += this.#sizes[count++] ?? 0;
    }
    this.#stretch = Math.min(LARGEST_STRETCH, Math.max(1, Math.floor((count * FRAME_BYTES) / total)));
    return count;
  }

  /** Here `#sizes` holds where each row begins. */
  #write(bytes: Buffer, count: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const cursors = this.#sizes;
    const fields = this.#writers.length;
    for (let index = 0; index < count; index++) {
      view.setInt16(cursors[index] ?? 0, fields);
      cursors[index] = (cursors[index] ?? 0) + COUNT_SIZE;
    }
    const frame = { bytes, view, cursors };
    for (const writer of this.#writers) writer.write(frame, count, this.#row);
    this.#row += count;
  }
}

/** Memory for a message: that of one that is sent, where it is large enough. */
export function spareMemory(spare: Buffer | undefined, size: number): Buffer {
  if (spare !== undefined && spare.buffer.byteLength >= size) return Buffer.from(spare.buffer);
  return Buffer.allocUnsafeSlow(Math.max(size, FRAME_BYTES));
}
