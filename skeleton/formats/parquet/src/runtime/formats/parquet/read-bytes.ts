import type { FileHandle } from 'node:fs/promises';
import { DamageError } from './damage.ts';

/** @throws DamageError when the file ends before `length` bytes are read */
export async function readBytes(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  await readInto(file, bytes, 0, position);
  return bytes;
}

/** Fills `bytes` from `start` on with what is in the file from `position` on. */
export async function readInto(file: FileHandle, bytes: Buffer, start: number, position: number): Promise<void> {
  let filled = start;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, position + filled - start);
    if (bytesRead === 0) throw new DamageError('the file became shorter', { offset: position + filled - start });
    filled += bytesRead;
  }
}
