/** Parquet's hybrid of run-length and bit-packed integers: definition levels and dictionary indices. */

/** `count` values of `bitWidth` bits, bit-packed in one run. */
export function encodeBitPacked(values: ArrayLike<number>, count: number, bitWidth: number): Buffer {
  const groups = (count + 7) >> 3;
  const header = encodeVarint(groups * 2 + 1);
  const bytes = Buffer.allocUnsafeSlow(header.length + groups * bitWidth);
  header.copy(bytes);
  packBits(values, count, bitWidth, bytes, header.length);
  return bytes;
}

/** `count` times the same value. */
export function encodeRun(value: number, count: number, bitWidth: number): Buffer {
  const bytes = Buffer.alloc((bitWidth + 7) >> 3);
  bytes.writeUIntLE(value, 0, bytes.length);
  return Buffer.concat([encodeVarint(count * 2), bytes]);
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

function encodeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
