import type { Columns } from '../../columns/columns.ts';
import { ColumnsPool } from '../../columns/columns-pool.ts';
import type { TableSchema } from '../../schema/table-schema.ts';
import { type ColumnReader, columnReader } from './column-readers.ts';
import type { CopyReader } from './copy-out.ts';
import { behindHeader, COPY_DATA, COPY_TRAILER_COUNT, MESSAGE_HEADER } from './copy-protocol.ts';
import { unexpectedRow } from './errors.ts';
import { type DroppedValue, describeDropped } from './long-row.ts';
import { FIXED_SIZES, type Wire } from './types.ts';

/** A value of a row that its column cannot hold. */
export interface UnfitValue {
  readonly row: number;
  readonly column: string;
  readonly message: string;
  /** The value itself. */
  readonly text: string;
}

export interface DecodedRows {
  readonly columns: Columns;
  readonly unfit: readonly UnfitValue[];
  /** Takes the memory of the columns back, once nobody reads them. */
  release(): void;
  /** Bytes on the wire. */
  readonly bytes: number;
}

/** Rows that are looked at together: few enough to stay in the processor's cache. */
const STRETCH = 1024;
/** Rows are handed on at this size even when they are few, so that wide ones do not fill the memory. */
export const LARGEST_BATCH_BYTES = 32 * 1024 * 1024;

/** Length of a NULL. */
const NULL = -1;
const ANY_SIZE = -2;

/**
 * Turns PostgreSQL's binary COPY format into columns.
 *
 * A stretch of rows is walked once to find where its fields begin; then each column is moved by a loop of its own.
 */
export class CopyDecoder implements CopyReader<DecodedRows> {
  readonly #wires: readonly Wire[];
  /** Bytes of the values of each field. */
  readonly #sizes: readonly number[];
  /** Where the fields begin, field by field, `STRETCH` rows each. */
  readonly #positions: Int32Array;
  readonly #fieldPositions: readonly Int32Array[];
  readonly #ready: DecodedRows[] = [];
  readonly #pool: ColumnsPool;
  #columns: Columns;
  #readers: readonly ColumnReader[];
  #unfit: UnfitValue[] = [];
  #bytes = 0;
  #started = false;

  /** @param wires the format of each field of `schema` */
  constructor(schema: TableSchema, wires: readonly Wire[], batchSize: number) {
    this.#wires = wires;
    this.#sizes = wires.map((wire) => FIXED_SIZES[wire] ?? ANY_SIZE);
    this.#positions = new Int32Array(wires.length * STRETCH);
    this.#fieldPositions = wires.map((_, field) => this.#positions.subarray(field * STRETCH, (field + 1) * STRETCH));
    this.#pool = new ColumnsPool(schema, batchSize);
    this.#columns = this.#pool.take();
    this.#readers = this.#createReaders();
  }

  get ready(): boolean {
    return this.#ready.length > 0;
  }

  take(): DecodedRows | undefined {
    return this.#ready.shift();
  }

  finish(): DecodedRows | undefined {
    if (this.#columns.length > 0) this.#handOn();
    return this.take();
  }

  read(bytes: Buffer, start: number): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = start;
    for (;;) {
      const room = Math.min(STRETCH, this.#pool.capacity - this.#columns.length);
      const { rows, end } = this.#locateWithin(view, at, room);
      if (rows > 0) {
        this.#readers.forEach((read, field) => {
          read({ bytes, view, positions: this.#fieldPositions[field] ?? this.#positions }, rows, this.#columns.length);
        });
        this.#columns.length += rows;
      }
      this.#bytes += end - at;
      if (this.#columns.length === this.#pool.capacity || this.#bytes >= LARGEST_BATCH_BYTES) this.#handOn();
      if (end === at) return at;
      at = end;
    }
  }

  #locateWithin(view: DataView, start: number, room: number): { rows: number; end: number } {
    try {
      return this.#locate(view, start, room);
    } catch (error) {
      // A length that is wrong leads out of the bytes.
      throw error instanceof RangeError ? unexpectedRow() : error;
    }
  }

  /** Finds the fields of up to `room` rows; stops early when they have many bytes. */
  #locate(view: DataView, start: number, room: number): { rows: number; end: number } {
    const fields = this.#wires.length;
    const positions = this.#positions;
    const sizes = this.#sizes;
    const limit = start + LARGEST_BATCH_BYTES - this.#bytes;
    let rows = 0;
    let end = start;
    while (rows < room && end < limit && end + MESSAGE_HEADER <= view.byteLength && view.getUint8(end) === COPY_DATA) {
      const next = end + 1 + view.getInt32(end + 1);
      if (next > view.byteLength) break;
      if (next < end + MESSAGE_HEADER + 2) throw unexpectedRow();
      let at = end + MESSAGE_HEADER;
      end = next;
      if (!this.#started) {
        this.#started = true;
        at = behindHeader(view, at, next);
        if (at === next) continue;
      }
      const count = view.getInt16(at);
      if (count === COPY_TRAILER_COUNT) continue;
      if (count !== fields) throw unexpectedRow();
      at += 2;
      for (let slot = rows, field = 0; slot < positions.length; slot += STRETCH, field++) {
        const length = view.getInt32(at);
        if (length !== sizes[field]) this.#requireLength(length, field);
        at += 4;
        positions[slot] = at;
        if (length > 0) at += length;
      }
      if (at !== next) throw unexpectedRow();
      rows++;
    }
    return { rows, end };
  }

  lacks(values: readonly DroppedValue[]): void {
    const row = this.#columns.length;
    for (const { field, bytes } of values) {
      const column = this.#columns.schema.fields[field]?.name ?? '';
      this.#unfit.push({ row, column, ...describeDropped(bytes) });
    }
  }

  /** Values of a type that always has the same size have it, unless they are NULL and may be. */
  #requireLength(length: number, field: number): void {
    const fits = length === NULL ? this.#columns.columns[field]?.valid !== undefined : length >= 0;
    if (!fits || (length !== NULL && this.#sizes[field] !== ANY_SIZE)) throw unexpectedRow();
  }

  #handOn(): void {
    if (this.#columns.length > 0) {
      const columns = this.#columns;
      this.#ready.push({
        columns,
        unfit: this.#unfit,
        bytes: this.#bytes,
        release: () => this.#pool.giveBack(columns),
      });
      this.#columns = this.#pool.take();
      this.#unfit = [];
      this.#readers = this.#createReaders();
    }
    this.#bytes = 0;
  }

  #createReaders(): ColumnReader[] {
    const unfit = this.#unfit;
    return this.#columns.columns.flatMap((column, field) => {
      const wire = this.#wires[field];
      const name = column.field.name;
      return wire === undefined
        ? []
        : [columnReader(wire, column, (row, message, text) => unfit.push({ row, column: name, message, text }))];
    });
  }
}
