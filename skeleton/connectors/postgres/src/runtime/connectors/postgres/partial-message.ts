import { COPY_DATA, copyData, MESSAGE_HEADER } from './copy-protocol.ts';
import { type DroppedValue, LARGEST_ROW_BYTES, LongRow } from './long-row.ts';

/** A copy of a message whose end is not there yet. A long one is put together once, when its end is there. */
export class PartialMessage {
  #parts: Buffer[] = [];
  #size = 0;
  #needed = MESSAGE_HEADER;
  /** A row that is too long to be kept as a whole. */
  #long: LongRow | undefined;

  get empty(): boolean {
    return this.#size === 0;
  }

  /** Takes the bytes that it lacks; returns those behind them. */
  fill(bytes: Buffer): Buffer {
    let rest = bytes;
    while (rest.length > 0 && this.#size < this.#needed) {
      const part = rest.subarray(0, this.#needed - this.#size);
      rest = rest.subarray(part.length);
      this.#size += part.length;
      if (this.#long === undefined) this.#parts.push(Buffer.from(part));
      else this.#long.add(part);
      if (this.#needed === MESSAGE_HEADER && this.#size === MESSAGE_HEADER) this.#begin(Buffer.concat(this.#parts));
    }
    return rest;
  }

  /** The message, when all of it is there, and what it lacks nevertheless. */
  take(): { readonly message: Buffer; readonly dropped: readonly DroppedValue[] } | undefined {
    if (this.#size < this.#needed) return undefined;
    const long = this.#long;
    const taken =
      long === undefined
        ? { message: Buffer.concat(this.#parts, this.#size), dropped: [] }
        : { message: copyData(long.bytes), dropped: long.dropped };
    this.#parts = [];
    this.#long = undefined;
    this.#size = 0;
    this.#needed = MESSAGE_HEADER;
    return taken;
  }

  #begin(header: Buffer): void {
    this.#needed = 1 + header.readInt32BE(1);
    if (header[0] === COPY_DATA && this.#needed > LARGEST_ROW_BYTES) this.#long = new LongRow();
  }
}
