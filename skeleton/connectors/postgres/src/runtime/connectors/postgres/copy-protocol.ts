import { unexpectedRow } from './errors.ts';

/** Messages of PostgreSQL's protocol that carry COPY: a byte for the type, 32 bits for the length, the contents. */

export const COPY_DATA = 0x64;
/** Type and length. */
export const MESSAGE_HEADER = 5;

/** What binary COPY data begins with: signature, flags, length of the extension. */
export const COPY_HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
/** What it ends with instead of a row. */
export const COPY_TRAILER = Buffer.from([0xff, 0xff]);

/** What stands there in place of the number of fields. */
export const COPY_TRAILER_COUNT = -1;

const SIGNATURE_SIZE = 11;
/** Flags, and the length of an extension, which is empty today. */
const FLAGS_SIZE = 8;

/**
 * Where the rows begin in the message from `start` to `end`, which COPY data begins with.
 *
 * @throws PipelineError `INTERNAL` when it is no binary COPY
 */
export function behindHeader(view: DataView, start: number, end: number): number {
  const extension = start + SIGNATURE_SIZE + FLAGS_SIZE;
  if (extension > end) throw unexpectedRow();
  for (let index = 0; index < SIGNATURE_SIZE; index++) {
    if (view.getUint8(start + index) !== COPY_HEADER[index]) throw unexpectedRow();
  }
  const rows = extension + view.getUint32(extension - 4);
  if (rows > end) throw unexpectedRow();
  return rows;
}

/** Where the message that begins at `start` ends; `undefined` when its end is not there yet. */
export function messageEnd(bytes: Buffer, start: number): number | undefined {
  if (start + MESSAGE_HEADER > bytes.length) return undefined;
  const end = start + 1 + bytes.readInt32BE(start + 1);
  return end > bytes.length ? undefined : end;
}

/** A CopyData message. */
export function copyData(contents: Buffer): Buffer {
  const header = Buffer.alloc(MESSAGE_HEADER);
  header[0] = COPY_DATA;
  header.writeInt32BE(MESSAGE_HEADER - 1 + contents.length, 1);
  return Buffer.concat([header, contents]);
}

/** Tells the server that all CopyData messages are sent. */
export const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4]);
