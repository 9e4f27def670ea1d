/** Widest bit-packed integers that four bytes hold wherever they start; a dictionary of 16 million entries needs no more. */
const MAX_WIDTH = 24;

/** Reads Parquet's hybrid of run-length and bit-packed integers: levels and dictionary indices. */
export class HybridDecoder {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #width: number;
  #position = 0;
  /** What is left of the run: how many values, and which (repeated) or where the next starts (packed). */
  #left = 0;
  #repeated = true;
  #value = 0;
  #bit = 0;

  constructor(bytes: Uint8Array, width: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#width = width;
    // Of integers without bits there are as many as one likes.
    if (width === 0) this.#left = Number.POSITIVE_INFINITY;
  }

  /** Passes over the next `count` values if they are in one run of `value`; says whether they were. */
  takeRun(value: number, count: number): boolean {
    if (this.#left === 0 && count > 0) this.#nextRun();
    if (!this.#repeated || this.#value !== value || this.#left < count) return false;
    this.#left -= count;
    return true;
  }

  /**
   * Reads the next `count` values into `target`, from `at` on.
   *
   * @throws RangeError when there are not so many
   */
  read(target: Int32Array | Uint8Array, at: number, count: number): void {
    const end = at + count;
    let next = at;
    while (next < end) {
      if (this.#left === 0) this.#nextRun();
      const taken = Math.min(this.#left, end - next);
      if (this.#repeated) target.fill(this.#value, next, next + taken);
      else this.#unpack(target, next, taken);
      this.#left -= taken;
      next += taken;
    }
  }

  #nextRun(): void {
    if (!(this.#width <= MAX_WIDTH)) throw new RangeError(`integers of ${this.#width} bits are not supported`);
    const header = this.#varint();
    const length = Math.floor(header / 2);
    if (length === 0) throw new RangeError('a run of no values');
    this.#repeated = header % 2 === 0;
    if (this.#repeated) {
      this.#value = 0;
      for (let shift = 0; shift < this.#width; shift += 8) this.#value |= this.#byte() << shift;
      if (this.#value >= 2 ** this.#width) throw new RangeError('a value is too large');
      this.#left = length;
    } else {
      this.#bit = this.#position * 8;
      // Some writers leave the padding of the last group out.
      const room = Math.floor(((this.#bytes.length - this.#position) * 8) / this.#width);
      this.#left = Math.min(length * 8, room);
      if (this.#left === 0) throw new RangeError('a page is too short');
      this.#position = Math.min(this.#bytes.length, this.#position + length * this.#width);
    }
  }

  #varint(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 28; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw new RangeError('a run is too long');
  }

  #byte(): number {
    const byte = this.#bytes[this.#position++];
    if (byte === undefined) throw new RangeError('a page is too short');
    return byte;
  }

  #unpack(target: Int32Array | Uint8Array, at: number, count: number): void {
    const width = this.#width;
    const view = this.#view;
    const mask = 2 ** width - 1;
    const last = this.#bytes.length - 4;
    const end = at + count;
    let byte = Math.floor(this.#bit / 8);
    let shift = this.#bit % 8;
    let index = at;
    while (index < end && byte <= last) {
      target[index++] = (view.getInt32(byte, true) >>> shift) & mask;
      shift += width;
      byte += shift >>> 3;
      shift &= 7;
    }
    for (; index < end; index++) {
      let word = 0;
      for (let part = 0; part < 4; part++) word |= (this.#bytes[byte + part] ?? 0) << (8 * part);
      target[index] = (word >>> shift) & mask;
      shift += width;
      byte += shift >>> 3;
      shift &= 7;
    }
    this.#bit += count * width;
  }
}
