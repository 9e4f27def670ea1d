/** Parquet's hybrid of run-length and bit-packed integers: definition levels and dictionary indices. */

/** Bytes that `writeBitPacked` needs. */
export function bitPackedSize(count: number, bitWidth: number): number {
  const groups = (count + 7) >> 3;
  return varintSize(groups * 2 + 1) + groups * bitWidth;
}

/**
 * Writes `count` values of `bitWidth` bits, bit-packed in one run.
 *
 * @returns where it ends
 */
export function writeBitPacked(
  values: ArrayLike<number>,
  count: number,
  bitWidth: number,
  target: Buffer,
  position: number,
): number {
  const groups = (count + 7) >> 3;
  const start = writeVarint(groups * 2 + 1, target, position);
  packBits(values, count, bitWidth, target, start);
  return start + groups * bitWidth;
}

/** Bytes that `writeRun` needs for values of one bit. */
export function runSize(count: number): number {
  return varintSize(count * 2) + 1;
}

/**
 * Writes `count` times the same value of one bit.
 *
 * @returns where it ends
 */
export function writeRun(value: 0 | 1, count: number, target: Buffer, position: number): number {
  const end = writeVarint(count * 2, target, position);
  target[end] = value;
  return end + 1;
}

/** Least significant bit first, filled up to whole groups of eight values; widths up to 16 bits. */
export function packBits(
  values: ArrayLike<number>,
  count: number,
  bitWidth: number,
  target: Uint8Array,
  start: number,
): void {
  const padded = ((count + 7) >> 3) << 3;
  let position = start;
  let pending = 0;
  let bits = 0;
  for (let index = 0; index < padded; index++) {
    if (index < count) pending |= (values[index] ?? 0) << bits;
    bits += bitWidth;
    while (bits >= 8) {
      target[position++] = pending & 255;
      pending >>>= 8;
      bits -= 8;
    }
  }
}

function varintSize(value: number): number {
  return value < 128 ? 1 : 1 + varintSize(value >>> 7);
}

function writeVarint(value: number, target: Buffer, position: number): number {
  let rest = value;
  let end = position;
  while (rest > 127) {
    target[end++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  target[end] = rest;
  return end + 1;
}
