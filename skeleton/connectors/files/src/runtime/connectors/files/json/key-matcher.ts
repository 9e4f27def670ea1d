const QUOTE = 0x22;

/**
 * Finds the column that the key of a JSON member names. It compares with the column that followed the last one in
 * the record before, and looks others up: the order of the keys is learned as it comes.
 */
export class KeyMatcher {
  /** All keys as they stand in a file, with their quotes, one after the other. */
  readonly #keys: Buffer;
  readonly #starts: Int32Array;
  /** By text in Latin-1, which is one character a byte. */
  readonly #columns: ReadonlyMap<string, number>;
  /** The column that is expected behind each column; the last one is for the start of a record. */
  readonly #next: Int32Array;

  constructor(names: readonly string[]) {
    const keys = names.map((name) => Buffer.from(JSON.stringify(name)));
    this.#keys = Buffer.concat(keys);
    this.#starts = new Int32Array(keys.length + 1);
    keys.forEach((key, index) => {
      this.#starts[index + 1] = (this.#starts[index] ?? 0) + key.length;
    });
    this.#columns = new Map(keys.map((key, index) => [key.toString('latin1'), index]));
    this.#next = Int32Array.from({ length: keys.length + 1 }, (_, index) => (index < keys.length ? index + 1 : 0));
  }

  /** Length of the key of a column, with its quotes. */
  size(column: number): number {
    return (this.#starts[column + 1] ?? 0) - (this.#starts[column] ?? 0);
  }

  /**
   * @param previous the column of the member before, the number of columns at the start of a record
   * @returns the column whose key is at `start`, -1 when there is none, or the key is written with escapes
   */
  find(bytes: Buffer, start: number, end: number, previous: number): number {
    const expected = this.#next[previous] ?? 0;
    if (this.#isAt(bytes, start, expected)) return expected;
    if (bytes[start] !== QUOTE) return -1;
    const close = bytes.indexOf(QUOTE, start + 1);
    if (close < 0 || close >= end) return -1;
    const column = this.#columns.get(bytes.toString('latin1', start, close + 1)) ?? -1;
    if (column >= 0) this.#next[previous] = column;
    return column;
  }

  #isAt(bytes: Buffer, start: number, column: number): boolean {
    const keys = this.#keys;
    const end = this.#starts[column + 1] ?? 0;
    let position = start;
    for (let index = this.#starts[column] ?? 0; index < end; index++) {
      if (bytes[position++] !== keys[index]) return false;
    }
    return end > 0;
  }
}
