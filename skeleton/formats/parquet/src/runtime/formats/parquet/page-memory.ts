const SMALLEST_BLOCK = 256 * 1024;

/**
 * Memory for the encoded pages of a column, handed out piece by piece and used again for the next one: memory that is
 * allocated for each page keeps the garbage collector busy.
 */
export class PageMemory {
  #block = Buffer.alloc(0);
  #used = 0;
  /** Bytes that were handed out since the last reset, in this block and in those before it. */
  #total = 0;

  /** Memory that holds anything. */
  allocate(size: number): Buffer {
    if (this.#used + size > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(Math.max(size, SMALLEST_BLOCK));
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += size;
    this.#total += size;
    return this.#block.subarray(start, this.#used);
  }

  /** Takes everything back; later pages find one block that is large enough for as many bytes. */
  reset(): void {
    if (this.#total > this.#block.length) this.#block = Buffer.allocUnsafeSlow(this.#total);
    this.#used = 0;
    this.#total = 0;
  }
}
