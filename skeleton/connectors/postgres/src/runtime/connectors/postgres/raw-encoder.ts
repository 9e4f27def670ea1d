import { FRAME_BYTES, spareMemory } from './copy-encoder.ts';
import type { CopyMessages } from './copy-in.ts';
import { COPY_DATA, COPY_HEADER, COPY_TRAILER, MESSAGE_HEADER } from './copy-protocol.ts';
import type { RawRows } from './raw-rows.ts';

/** Puts rows that are in PostgreSQL's binary COPY format into CopyData messages; a row may lie across two of them. */
export class RawEncoder implements CopyMessages {
  readonly #bytes: Buffer;
  #at = 0;
  #begun = false;

  constructor(rows: RawRows) {
    this.#bytes = rows.bytes;
  }

  get done(): boolean {
    return this.#begun && this.#at === this.#bytes.length;
  }

  next(spare: Buffer | undefined): Buffer {
    const memory = spareMemory(spare, FRAME_BYTES);
    let size = MESSAGE_HEADER;
    if (!this.#begun) size += COPY_HEADER.copy(memory, size);
    this.#begun = true;
    const copied = this.#bytes.copy(memory, size, this.#at, this.#at + FRAME_BYTES - size - COPY_TRAILER.length);
    this.#at += copied;
    size += copied;
    if (this.done) size += COPY_TRAILER.copy(memory, size);
    memory[0] = COPY_DATA;
    memory.writeInt32BE(size - 1, 1);
    return memory.subarray(0, size);
  }
}
