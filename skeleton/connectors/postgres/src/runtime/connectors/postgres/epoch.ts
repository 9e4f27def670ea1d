/** PostgreSQL counts days and microseconds from 2000-01-01, this runtime from 1970-01-01. */

export const EPOCH_DAYS = 10_957;

export const EPOCH_MICROSECONDS = 946_684_800_000_000n;
/** The same as two 32-bit words, the low one unsigned. */
export const EPOCH_LOW = Number(EPOCH_MICROSECONDS & 0xffff_ffffn);
export const EPOCH_HIGH = Number(EPOCH_MICROSECONDS >> 32n);

export const INT32_MAX = 0x7fff_ffff;
export const INT32_MIN = -0x8000_0000;
export const WORD = 0x1_0000_0000;
