import { isUtf8 } from 'node:buffer';

const INITIAL_BYTES = 512 * 1024;
/** So many bytes are checked at once whether they are UTF-8. */
const REGION_BYTES = 128 * 1024;
const BYTE_ORDER_MARK = Buffer.of(0xef, 0xbb, 0xbf);

/** A view on a stream of bytes that moves forward; what is in view lies in one piece of memory. */
export class ByteWindow {
  readonly #chunks: AsyncIterator<Buffer>;
  #memory: Buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  /** The bytes in view are those from `start` to the end; they move when the window grows. */
  bytes: Buffer = this.#memory.subarray(0, 0);
  start = 0;
  /** Offset of `bytes[start]` in the stream. */
  offset: number;
  /** Whether the last bytes of the stream are in view. */
  final = false;
  /** Offset of the end of the bytes that were checked last, and whether they are UTF-8. */
  #checked = 0;
  #valid = false;

  constructor(chunks: AsyncIterable<Buffer>, offset: number) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.offset = offset;
  }

  get end(): number {
    return this.bytes.length;
  }

  get length(): number {
    return this.end - this.start;
  }

  /** Moves on behind bytes that are dealt with. */
  advance(to: number): void {
    this.offset += to - this.start;
    this.start = to;
  }

  /**
   * Whole records to read at once: those up to the last `closing` byte of the next 128 KiB.
   *
   * @returns the position behind them; `start` where there are none in view, or not all of their bytes are UTF-8
   */
  endOfValidRegion(closing: number): number {
    if (this.offset >= this.#checked) {
      const end = this.bytes.lastIndexOf(closing, Math.min(this.end, this.start + REGION_BYTES) - 1) + 1;
      if (end <= this.start) return this.start;
      this.#checked = this.offset + end - this.start;
      this.#valid = isUtf8(this.bytes.subarray(this.start, end));
    }
    return this.#valid ? this.start + this.#checked - this.offset : this.start;
  }

  /** Takes more of the stream into view: at least as much again as there is, so that long records cost little. */
  async grow(): Promise<void> {
    const wanted = this.length * 2;
    do {
      const { done, value } = await this.#chunks.next();
      if (done === true) {
        this.final = true;
        return;
      }
      this.#append(value);
    } while (this.length < wanted);
  }

  /** Grows until such a byte is in view, or more bytes than `most`. */
  async growUpTo(byte: number, most: number): Promise<void> {
    while (!this.final && this.length <= most && this.bytes.indexOf(byte, this.start) < 0) await this.grow();
  }

  /** At the start of the stream: moves on behind the mark that some programs put there. */
  async skipByteOrderMark(): Promise<void> {
    while (!this.final && this.length < BYTE_ORDER_MARK.length) await this.grow();
    const end = this.start + BYTE_ORDER_MARK.length;
    if (end <= this.end && this.bytes.subarray(this.start, end).equals(BYTE_ORDER_MARK)) this.advance(end);
  }

  /** Moves on behind the next such byte, or to the end; what lies between is never in memory as a whole. */
  async skipPast(byte: number): Promise<void> {
    for (;;) {
      const position = this.bytes.indexOf(byte, this.start);
      if (position >= 0) {
        this.advance(position + 1);
        return;
      }
      this.advance(this.end);
      if (this.final) return;
      await this.grow();
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** Chunks are copied: whoever makes them may use their memory again. */
  #append(chunk: Buffer): void {
    const { length } = this;
    if (this.end + chunk.length > this.#memory.length) {
      const size = length + chunk.length;
      const room = size > this.#memory.length ? Buffer.allocUnsafeSlow(2 * size) : this.#memory;
      this.#memory.copy(room, 0, this.start, this.end);
      this.#memory = room;
      this.start = 0;
    }
    const end = this.start + length;
    this.bytes = this.#memory.subarray(0, end + chunk.copy(this.#memory, end));
  }
}
