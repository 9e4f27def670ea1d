/** Messages of PostgreSQL's protocol that carry COPY: a byte for the type, 32 bits for the length, the contents. */

export const COPY_DATA = 0x64;
/** Type and length. */
export const MESSAGE_HEADER = 5;

/** What binary COPY data begins with: signature, flags, length of the extension. */
export const COPY_HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
/** Bytes of signature and flags; then come the length of an extension, which is empty today, and the extension. */
export const COPY_FILE_HEADER = 15;
/** What it ends with instead of a row. */
export const COPY_TRAILER = Buffer.from([0xff, 0xff]);

/** What stands there in place of the number of fields. */
export const COPY_TRAILER_COUNT = -1;

/** Where the message that begins at `start` ends; `undefined` when its end is not there yet. */
export function messageEnd(bytes: Buffer, start: number): number | undefined {
  if (start + MESSAGE_HEADER > bytes.length) return undefined;
  const end = start + 1 + bytes.readInt32BE(start + 1);
  return end > bytes.length ? undefined : end;
}

/** Tells the server that all CopyData messages are sent. */
export const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4]);
