const INITIAL_BYTES = 512 * 1024;
const ZERO = 0x30;
const MINUS = 0x2d;
const BILLION = 1_000_000_000;
/** Texts up to this length are copied byte by byte, which is faster than asking for it. */
const SHORT = 24;

/** Text under construction, as bytes: it grows as it needs, and its memory is used again and again. */
export class ByteOutput {
  #memory: Buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  length = 0;

  /** What was written; good until something else is. */
  get bytes(): Buffer {
    return this.#memory.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }

  /** Makes room for so many bytes. @returns the memory to write them into, from `length` on */
  reserve(size: number): Buffer {
    if (this.length + size > this.#memory.length) {
      const larger = Buffer.allocUnsafeSlow(2 * (this.length + size));
      this.#memory.copy(larger, 0, 0, this.length);
      this.#memory = larger;
    }
    return this.#memory;
  }

  writeByte(byte: number): void {
    this.reserve(1)[this.length++] = byte;
  }

  writeBytes(bytes: Buffer, start = 0, end = bytes.length): void {
    const size = end - start;
    const memory = this.reserve(size);
    let to = this.length;
    this.length = to + size;
    if (size > SHORT) bytes.copy(memory, to, start, end);
    else for (let from = start; from < end; from++) memory[to++] = bytes[from] ?? 0;
  }

  /** Writes a text of ASCII characters. */
  writeAscii(text: string): void {
    this.length += this.reserve(text.length).write(text, this.length, 'latin1');
  }

  /** Writes a safe integer. */
  writeInteger(value: number): void {
    if (value < 0) this.writeByte(MINUS);
    const size = value < 0 ? -value : value;
    if (size >= BILLION) {
      const billions = Math.floor(size / BILLION);
      this.writeInteger(billions);
      this.writeDigits(size - billions * BILLION, 9);
    } else {
      let digits = 1;
      for (let limit = 10; limit <= size; limit *= 10) digits++;
      this.writeDigits(size, digits);
    }
  }

  /** Writes a number below a billion with so many digits, zeros in front. */
  writeDigits(value: number, digits: number): void {
    const memory = this.reserve(digits);
    const start = this.length;
    let rest = value | 0;
    for (let position = start + digits - 1; position >= start; position--) {
      const next = (rest / 10) | 0;
      memory[position] = ZERO + rest - 10 * next;
      rest = next;
    }
    this.length = start + digits;
  }
}
