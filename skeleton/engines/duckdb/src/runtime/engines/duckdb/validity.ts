/** DuckDB's bitmaps of what is not NULL, least significant bit first in words of 64, from and to one byte a value. */

/** Bytes of the bitmap of `count` values. */
export function validityBytes(count: number): number {
  return 8 * Math.ceil(count / 64);
}

export function packValidity(flags: Uint8Array, count: number): Uint8Array<ArrayBuffer> {
  const bitmap = new Uint8Array(validityBytes(count));
  for (let index = 0; index < count; index++) {
    if (flags[index] === 1) bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return bitmap;
}

/** Writes `count` bits as 0 and 1 to `flags`, from `start` on; returns whether there is a NULL among them. */
export function unpackValidity(bitmap: Uint8Array, count: number, flags: Uint8Array, start: number): boolean {
  let present = 0;
  for (let index = 0; index < count; index++) {
    const bit = ((bitmap[index >> 3] ?? 0) >> (index & 7)) & 1;
    flags[start + index] = bit;
    present += bit;
  }
  return present < count;
}
