/**
 * How DuckDB lays out a text or binary value in a vector: 16 bytes, of which the first 4 are its length. Up to 12 bytes
 * follow in place; of longer values the first 4 bytes follow, then the address of all of them.
 */
export const VIEW_BYTES = 16;
export const VIEW_WORDS = 4;
/** Values up to this length lie in their view. */
export const INLINE_BYTES = 12;
/** The address is in this word of a view and the next, low word first. */
export const POINTER_WORDS = 2;
