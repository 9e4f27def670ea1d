/** Arrow's bitmaps, least significant bit first, from and to one byte a value. */

export function packBitmap(flags: ArrayLike<number>, length: number): Uint8Array {
  const bitmap = new Uint8Array((length + 7) >> 3);
  for (let index = 0; index < length; index++) {
    if (flags[index] !== 0) bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return bitmap;
}

/** Writes bits `0` up to `length` as 0 and 1 to `target`, from `start` on. */
export function unpackBitmap(bitmap: Uint8Array, length: number, target: Uint8Array | Int32Array, start: number): void {
  for (let index = 0; index < length; index++) {
    target[start + index] = ((bitmap[index >> 3] ?? 0) >> (index & 7)) & 1;
  }
}
