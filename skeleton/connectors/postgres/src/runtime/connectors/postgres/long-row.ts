import { COPY_HEADER } from './copy-protocol.ts';

/** Longer rows are not taken into memory as a whole. */
export const LARGEST_ROW_BYTES = 64 * 1024 * 1024;

/** A value that was too long to be kept. */
export interface DroppedValue {
  /** Which field of its row, from 0. */
  readonly field: number;
  readonly bytes: number;
}

/** What a dead letter says of it. */
export function describeDropped(bytes: number): { readonly message: string; readonly text: string } {
  const limit = `${LARGEST_ROW_BYTES / 1024 / 1024} MiB`;
  return { message: `has ${bytes} bytes, and a record may have ${limit}`, text: `(${bytes} bytes, left out)` };
}

const COUNT_SIZE = 2;
const LENGTH_SIZE = 4;
/** What the number of fields would be where the first row of a COPY has the header before it. */
const SIGNATURE_START = COPY_HEADER.readInt16BE(0);

/** A COPY row that comes in pieces, without the values for which there is no room: empty values stand in their place. */
export class LongRow {
  readonly #kept: Buffer[] = [];
  readonly #dropped: DroppedValue[] = [];
  #keptBytes = 0;
  /** Bytes of a number that is not there as a whole, and how many it has. */
  #number: Buffer = Buffer.alloc(0);
  #numberSize = COUNT_SIZE;
  /** Bytes of the value in hand that are still to come. */
  #left = 0;
  #keeping = true;
  #field = 0;

  /** The row as far as it was kept. */
  get bytes(): Buffer {
    return Buffer.concat(this.#kept, this.#keptBytes);
  }

  get dropped(): readonly DroppedValue[] {
    return this.#dropped;
  }

  add(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#left > 0) {
        const part = rest.subarray(0, this.#left);
        if (this.#keeping) this.#keep(Buffer.from(part));
        this.#left -= part.length;
        rest = rest.subarray(part.length);
      } else {
        const part = rest.subarray(0, this.#numberSize - this.#number.length);
        this.#number = Buffer.concat([this.#number, part]);
        rest = rest.subarray(part.length);
        if (this.#number.length === this.#numberSize) this.#takeNumber(this.#number);
      }
    }
  }

  #takeNumber(number: Buffer): void {
    this.#number = Buffer.alloc(0);
    if (this.#numberSize === COUNT_SIZE) {
      this.#keep(number);
      if (number.readInt16BE(0) === SIGNATURE_START) this.#left = COPY_HEADER.length - COUNT_SIZE;
      else this.#numberSize = LENGTH_SIZE;
      return;
    }
    const length = number.readInt32BE(0);
    this.#left = Math.max(0, length);
    this.#keeping = this.#keptBytes + length <= LARGEST_ROW_BYTES;
    if (this.#keeping) {
      this.#keep(number);
    } else {
      this.#keep(Buffer.alloc(LENGTH_SIZE));
      this.#dropped.push({ field: this.#field, bytes: length });
    }
    this.#field++;
  }

  #keep(bytes: Buffer): void {
    this.#kept.push(bytes);
    this.#keptBytes += bytes.length;
  }
}
