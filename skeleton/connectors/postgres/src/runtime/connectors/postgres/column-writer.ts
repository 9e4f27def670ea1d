/** Bytes for the wire, and where in them the next value of each row goes. */
export interface WireFrame {
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly cursors: Int32Array;
}

/** Puts the values of one column on the wire; each is preceded by its 32-bit length. */
export interface ColumnWriter {
  /** Bytes of each value, where all values take the same. */
  readonly size?: number;
  /** Where they do not: adds to `sizes` the bytes that `count` values take, from value `row` on. */
  measure?(sizes: Int32Array, count: number, row: number): void;
  /** Writes values that were just measured, and moves the cursors behind them. */
  write(frame: WireFrame, count: number, row: number): void;
}

/** Most values that are measured and written at a time. */
export const LARGEST_STRETCH = 4096;

/** Bytes of the length before each value. */
export const LENGTH_SIZE = 4;
const NULL = -1;

/** Values of `size` bytes, unless they are NULL. */
export function fixedSize(size: number, valid: Uint8Array | undefined): Pick<ColumnWriter, 'size' | 'measure'> {
  if (valid === undefined) return { size: LENGTH_SIZE + size };
  return {
    measure(sizes, count, row) {
      for (let index = 0; index < count; index++) {
        sizes[index] = (sizes[index] ?? 0) + (valid[row + index] === 1 ? LENGTH_SIZE + size : LENGTH_SIZE);
      }
    },
  };
}

/** Writes the length, or a NULL; returns where the value goes, or -1 when there is none. */
export function beginValue(
  { view, cursors }: WireFrame,
  index: number,
  valid: Uint8Array | undefined,
  row: number,
  size: number,
): number {
  const at = cursors[index] ?? 0;
  if (valid !== undefined && valid[row] === 0) {
    view.setInt32(at, NULL);
    cursors[index] = at + LENGTH_SIZE;
    return -1;
  }
  view.setInt32(at, size);
  cursors[index] = at + LENGTH_SIZE + size;
  return at + LENGTH_SIZE;
}
