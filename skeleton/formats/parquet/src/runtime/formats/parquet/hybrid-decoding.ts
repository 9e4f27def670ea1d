/** Widest bit-packed integers that can be taken apart in 32 bits; a dictionary of 16 million entries needs no more. */
const MAX_WIDTH = 24;

/**
 * Decodes Parquet's hybrid of run-length and bit-packed integers.
 *
 * @throws RangeError when the bytes end before there are `count` values
 */
export function decodeHybrid<T extends Int32Array | Uint8Array>(bytes: Uint8Array, bitWidth: number, values: T): T {
  if (bitWidth > MAX_WIDTH) throw new RangeError(`integers of ${bitWidth} bits`);
  const count = values.length;
  let filled = 0;
  let position = 0;
  while (filled < count) {
    let header = 0;
    let shift = 0;
    let byte = 128;
    while (byte >= 128) {
      if (position >= bytes.length) throw new RangeError('a page is too short');
      byte = bytes[position++] ?? 0;
      header |= (byte & 127) << shift;
      shift += 7;
    }
    const length = header >>> 1;
    if ((header & 1) === 0) {
      let value = 0;
      for (let part = 0; part < bitWidth; part += 8) value |= (bytes[position++] ?? 0) << part;
      const end = Math.min(count, filled + length);
      values.fill(value, filled, end);
      filled = end;
    } else {
      const end = Math.min(count, filled + length * 8);
      unpackBits(bytes, position, bitWidth, values, filled, end);
      filled = end;
      position += length * bitWidth;
    }
    if (length === 0) throw new RangeError('a run of no values');
  }
  return values;
}

function unpackBits(
  bytes: Uint8Array,
  start: number,
  bitWidth: number,
  values: Int32Array | Uint8Array,
  from: number,
  to: number,
): void {
  const mask = (1 << bitWidth) - 1;
  let position = start;
  let pending = 0;
  let bits = 0;
  for (let index = from; index < to; index++) {
    while (bits < bitWidth) {
      pending |= (bytes[position++] ?? 0) << bits;
      bits += 8;
    }
    values[index] = pending & mask;
    pending >>>= bitWidth;
    bits -= bitWidth;
  }
}
