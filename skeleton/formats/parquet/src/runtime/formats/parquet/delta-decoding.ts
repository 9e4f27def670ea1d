import { viewOf } from './value-reader.ts';

/** Writers take 128 values in 4 parts, or a few thousand. */
const MAX_BLOCK = 2 ** 16;
/** Bits are read in whole words, up to seven bytes too many. */
const SPARE_BYTES = 8;
const WORD = 4_294_967_296;

/** Reads integers that are stored as differences from one to the next. */
export class DeltaDecoder {
  readonly #view: DataView;
  readonly #length: number;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#length = bytes.length;
    this.#view = viewOf(Buffer.concat([bytes, Buffer.alloc(SPARE_BYTES)]));
  }

  /** Where the bytes behind the integers start. */
  get position(): number {
    return this.#position;
  }

  /** 32-bit integers. @throws RangeError when they are damaged, or more than `limit` */
  readInt32(limit: number): Int32Array<ArrayBuffer> {
    const pairs = this.readInt64(limit);
    return new Int32Array(pairs.length / 2).map((_, index) => pairs[2 * index] ?? 0);
  }

  /** 64-bit integers as pairs of words, low word first. @throws RangeError when they are damaged, or more than `limit` */
  readInt64(limit: number): Int32Array<ArrayBuffer> {
    if (this.#position >= this.#length) return new Int32Array(0);
    const block = Number(this.#varint());
    const parts = Number(this.#varint());
    const count = Number(this.#varint());
    if (!(block > 0 && block <= MAX_BLOCK && parts > 0 && block % (8 * parts) === 0 && count <= limit)) {
      throw new RangeError('a page of deltas is damaged');
    }
    const values = new Int32Array(2 * count);
    const first = this.#zigzag();
    if (count === 0) return values;
    values[0] = Number(BigInt.asIntN(32, first));
    values[1] = Number(first >> 32n);
    for (let filled = 1; filled < count; ) {
      const delta = this.#zigzag();
      const widths = this.#position;
      this.#pass(parts);
      for (let part = 0; part < parts && filled < count; part++) {
        const taken = Math.min(block / parts, count - filled);
        this.#addDeltas(values, filled, taken, this.#view.getUint8(widths + part), delta);
        this.#position = Math.min(
          this.#length,
          this.#position + (block / parts / 8) * this.#view.getUint8(widths + part),
        );
        filled += taken;
      }
    }
    return values;
  }

  /** Each value is the one before, and `delta`, and the next `width` bits. */
  #addDeltas(values: Int32Array, at: number, count: number, width: number, delta: bigint): void {
    if (width > 64 || this.#position + Math.ceil((count * width) / 8) > this.#length) {
      throw new RangeError('a page of deltas is damaged');
    }
    const deltaLow = Number(BigInt.asUintN(32, delta));
    const deltaHigh = Number(delta >> 32n);
    const lowWidth = Math.min(32, width);
    let low = (values[2 * at - 2] ?? 0) >>> 0;
    let high = values[2 * at - 1] ?? 0;
    let bit = 0;
    for (let index = at; index < at + count; index++) {
      const sum = low + deltaLow + this.#bits(bit, lowWidth);
      const more = width > 32 ? this.#bits(bit + 32, width - 32) : 0;
      low = sum >>> 0;
      high = (high + deltaHigh + more + Math.floor(sum / WORD)) | 0;
      values[2 * index] = low;
      values[2 * index + 1] = high;
      bit += width;
    }
  }

  /** The `width` bits (up to 32) that start `bit` bits behind the position. */
  #bits(bit: number, width: number): number {
    if (width === 0) return 0;
    const byte = this.#position + (bit >>> 3);
    const shift = bit & 7;
    let word = this.#view.getUint32(byte, true) >>> shift;
    if (shift + width > 32) word |= this.#view.getUint8(byte + 4) << (32 - shift);
    return (width === 32 ? word : word & (2 ** width - 1)) >>> 0;
  }

  #zigzag(): bigint {
    const value = this.#varint();
    return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#view.getUint8(this.#position);
      this.#pass(1);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new RangeError('a page of deltas is damaged');
  }

  #pass(count: number): void {
    this.#position += count;
    if (this.#position > this.#length) throw new RangeError('a page is too short');
  }
}
