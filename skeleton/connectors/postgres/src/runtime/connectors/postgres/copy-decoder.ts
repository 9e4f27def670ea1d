import { Columns } from '../../columns/columns.ts';
import { PipelineError } from '../../errors/pipeline-error.ts';
import type { TableSchema } from '../../schema/table-schema.ts';
import { type ColumnReader, columnReader } from './column-readers.ts';
import type { CopyReader } from './copy-out.ts';
import { COPY_DATA, COPY_FILE_HEADER, COPY_TRAILER_COUNT, MESSAGE_HEADER } from './copy-protocol.ts';
import type { Wire } from './types.ts';

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
  /** Bytes on the wire. */
  readonly bytes: number;
}

/** Rows that are looked at together: few enough to stay in the processor's cache. */
const STRETCH = 1024;
/** Rows are handed on at this size even when they are few, so that wide ones do not fill the memory. */
export const LARGEST_BATCH_BYTES = 32 * 1024 * 1024;

/**
 * Turns PostgreSQL's binary COPY format into columns.
 *
 * A stretch of rows is walked once to find where its fields begin; then each column is moved by a loop of its own.
 */
export class CopyDecoder implements CopyReader<DecodedRows> {
  readonly #wires: readonly Wire[];
  readonly #batchSize: number;
  /** Where the fields begin, field by field, `STRETCH` rows each. */
  readonly #positions: Int32Array;
  readonly #fieldPositions: readonly Int32Array[];
  readonly #ready: DecodedRows[] = [];
  #columns: Columns;
  #readers: readonly ColumnReader[];
  #unfit: UnfitValue[] = [];
  #bytes = 0;
  #started = false;

  /** @param wires the format of each field of `schema` */
  constructor(schema: TableSchema, wires: readonly Wire[], batchSize: number) {
    this.#wires = wires;
    this.#batchSize = batchSize;
    this.#positions = new Int32Array(wires.length * STRETCH);
    this.#fieldPositions = wires.map((_, field) => this.#positions.subarray(field * STRETCH, (field + 1) * STRETCH));
    this.#columns = Columns.allocate(schema, batchSize);
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
      const room = Math.min(STRETCH, this.#batchSize - this.#columns.length);
      const { rows, end } = this.#locate(view, at, room);
      if (rows > 0) {
        this.#readers.forEach((read, field) => {
          read({ bytes, view, positions: this.#fieldPositions[field] ?? this.#positions }, rows, this.#columns.length);
        });
        this.#columns.length += rows;
      }
      this.#bytes += end - at;
      if (this.#columns.length === this.#batchSize || this.#bytes >= LARGEST_BATCH_BYTES) this.#handOn();
      if (end === at) return at;
      at = end;
    }
  }

  /** Finds the fields of up to `room` rows; stops early when they have many bytes. */
  #locate(view: DataView, start: number, room: number): { rows: number; end: number } {
    const fields = this.#wires.length;
    const positions = this.#positions;
    const limit = start + LARGEST_BATCH_BYTES - this.#bytes;
    let rows = 0;
    let end = start;
    while (rows < room && end < limit && end + MESSAGE_HEADER <= view.byteLength && view.getUint8(end) === COPY_DATA) {
      const next = end + 1 + view.getInt32(end + 1);
      if (next > view.byteLength) break;
      let at = end + MESSAGE_HEADER;
      end = next;
      if (!this.#started) {
        this.#started = true;
        at += COPY_FILE_HEADER + 4 + view.getInt32(at + COPY_FILE_HEADER);
        if (at === next) continue;
      }
      const count = view.getInt16(at);
      if (count === COPY_TRAILER_COUNT) continue;
      if (count !== fields) throw unexpectedRow();
      at += 2;
      for (let slot = rows; slot < positions.length; slot += STRETCH) {
        const length = view.getInt32(at);
        at += 4;
        positions[slot] = at;
        if (length > 0) at += length;
      }
      if (at !== next) throw unexpectedRow();
      rows++;
    }
    return { rows, end };
  }

  #handOn(): void {
    if (this.#columns.length > 0) {
      this.#ready.push({ columns: this.#columns, unfit: this.#unfit, bytes: this.#bytes });
      this.#columns = this.#columns.next(this.#batchSize);
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

export function unexpectedRow(): PipelineError {
  return new PipelineError('INTERNAL', 'PostgreSQL sent a COPY row in a form that was not expected.', {
    hint: 'Is there something between this machine and PostgreSQL that changes what it sends?',
  });
}
