import { LARGEST_BATCH_BYTES, type UnfitValue } from './copy-decoder.ts';
import type { CopyReader } from './copy-out.ts';
import { behindHeader, COPY_DATA, COPY_TRAILER_COUNT, MESSAGE_HEADER } from './copy-protocol.ts';
import { unexpectedRow } from './errors.ts';
import { type DroppedValue, describeDropped } from './long-row.ts';
import { RawRows, type RowForm } from './raw-rows.ts';

export interface CollectedRows {
  readonly rows: RawRows;
  /** Values that rows lack. */
  readonly unfit: readonly UnfitValue[];
  /** Takes the memory of the rows back, once nobody reads them. */
  release(): void;
  /** Bytes on the wire. */
  readonly bytes: number;
}

/** What a batch of rows lies in. */
interface Memory {
  readonly offsets: Int32Array;
  readonly bytes: Buffer;
}

/** Room beyond what the batch before needed. */
const SPARE_BYTES = 65_536;

/** Gathers rows of PostgreSQL's binary COPY as they are, batch by batch. */
export class RawCollector implements CopyReader<CollectedRows> {
  readonly #form: RowForm;
  readonly #batchSize: number;
  readonly #ready: CollectedRows[] = [];
  /** Memory that was handed on and given back. */
  readonly #spare: Memory[] = [];
  #memory: Memory;
  #unfit: UnfitValue[] = [];
  #length = 0;
  #bytes = 0;
  #started = false;

  constructor(form: RowForm, batchSize: number) {
    this.#form = form;
    this.#batchSize = batchSize;
    this.#memory = this.#allocate(SPARE_BYTES);
  }

  get ready(): boolean {
    return this.#ready.length > 0;
  }

  take(): CollectedRows | undefined {
    return this.#ready.shift();
  }

  finish(): CollectedRows | undefined {
    this.#handOn();
    return this.take();
  }

  read(bytes: Buffer, start: number): number {
    const fields = this.#form.wires.length;
    let at = start;
    while (at + MESSAGE_HEADER <= bytes.length && bytes[at] === COPY_DATA) {
      const end = at + 1 + bytes.readInt32BE(at + 1);
      if (end > bytes.length) break;
      if (end < at + MESSAGE_HEADER + 2) throw unexpectedRow();
      let from = at + MESSAGE_HEADER;
      if (!this.#started) {
        this.#started = true;
        from = behindHeader(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), from, end);
      }
      if (from < end) {
        const count = bytes.readInt16BE(from);
        if (count === fields) this.#add(bytes, from, end);
        else if (count !== COPY_TRAILER_COUNT) throw unexpectedRow();
      }
      this.#bytes += end - at;
      at = end;
      if (this.#length === this.#batchSize || this.#bytes >= LARGEST_BATCH_BYTES) this.#handOn();
    }
    return at;
  }

  lacks(values: readonly DroppedValue[]): void {
    for (const { field, bytes } of values) {
      const column = this.#form.schema.fields[field]?.name ?? '';
      this.#unfit.push({ row: this.#length, column, ...describeDropped(bytes) });
    }
  }

  #add(bytes: Buffer, from: number, end: number): void {
    const { offsets } = this.#memory;
    const start = offsets[this.#length] ?? 0;
    const needed = start + end - from;
    if (needed > this.#memory.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#memory.bytes.length));
      this.#memory.bytes.copy(larger, 0, 0, start);
      this.#memory = { offsets, bytes: larger };
    }
    bytes.copy(this.#memory.bytes, start, from, end);
    this.#length++;
    offsets[this.#length] = needed;
  }

  #handOn(): void {
    if (this.#length > 0) {
      const memory = this.#memory;
      const { offsets } = memory;
      this.#ready.push({
        rows: new RawRows(this.#form, offsets.subarray(0, this.#length + 1), memory.bytes),
        unfit: this.#unfit,
        bytes: this.#bytes,
        release: () => this.#spare.push(memory),
      });
      this.#memory = this.#spare.pop() ?? this.#allocate(Math.ceil(1.1 * (offsets[this.#length] ?? 0)) + SPARE_BYTES);
      this.#length = 0;
      this.#unfit = [];
    }
    this.#bytes = 0;
  }

  #allocate(bytes: number): Memory {
    return { offsets: new Int32Array(this.#batchSize + 1), bytes: Buffer.allocUnsafeSlow(bytes) };
  }
}
