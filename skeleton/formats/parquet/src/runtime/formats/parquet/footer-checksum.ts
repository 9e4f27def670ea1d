import { crc32 } from 'node:zlib';
import { DamageError } from './damage.ts';

/** Parquet has checksums for pages only: one of the footer is an entry of our own in it, which other readers pass over. */
const KEY = 'etl.footer.crc32';
const ZEROS = '00000000';
/** Type and length of the value, which lie between it and its key. */
const HEADER_BYTES = 2;

/** The entry as it is written first. */
export const CHECKSUM_ENTRY = { key: KEY, value: ZEROS };

/** Puts the checksum of a footer in the place of its zeros. */
export function sealFooter(footer: Buffer): void {
  footer.write(checksumOf(footer), placeOf(footer), 'latin1');
}

/** @throws DamageError when the checksum of a footer is that of another one; a footer without one passes */
export function checkSeal(footer: Buffer): void {
  const place = placeOf(footer);
  if (place < 0) return;
  const unsealed = Buffer.from(footer);
  unsealed.write(ZEROS, place, 'latin1');
  if (checksumOf(unsealed) !== footer.toString('latin1', place, place + ZEROS.length)) {
    throw new DamageError('its footer is not as it was written');
  }
}

function checksumOf(footer: Buffer): string {
  return crc32(footer).toString(16).padStart(ZEROS.length, '0');
}

function placeOf(footer: Buffer): number {
  const key = footer.lastIndexOf(KEY, undefined, 'latin1');
  return key < 0 ? -1 : key + KEY.length + HEADER_BYTES;
}
