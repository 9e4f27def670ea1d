import { type Column, storageOf } from '../../columns/column.ts';
import { formatScaled } from '../../columns/decimals.ts';
import type { Leaf } from './file-schema.ts';
import { decodeBigEndian } from './fixed-decoding.ts';
import { requireBytes, reserveText } from './value-reader.ts';

/** Writes the value that lies in `bytes` from `start` up to `end` as value `index` of `target`. */
export type BytesDecoder = (bytes: Buffer, start: number, end: number, target: Column, index: number) => void;

/** How values that are bytes in the file are decoded one by one; `undefined` where they stay as they are. */
export function bytesDecoder({ field, element }: Leaf): BytesDecoder | undefined {
  const { type } = field;
  if (type.kind === 'uuid') return writeUuid;
  if (type.kind !== 'decimal') return undefined;
  if (storageOf(type) === 'int64') return writeDecimal;
  const { scale = 0 } = type;
  const read = element.type === 'INT64' ? readUnsigned : readBigEndian;
  return (bytes, start, end, target, index) => {
    const column = requireBytes(target);
    const text = formatScaled(read(bytes, start, end), scale);
    const to = reserveText(column, index, text.length);
    column.offsets[index + 1] = to + column.bytes.write(text, to, 'latin1');
  };
}

function writeDecimal(bytes: Buffer, start: number, end: number, target: Column, index: number): void {
  if (target.storage !== 'int64') throw new TypeError(`a decimal does not fit a column of ${target.storage}.`);
  decodeBigEndian(bytes, start, end - start, target.values, index);
}

function readUnsigned(bytes: Buffer, start: number): bigint {
  return bytes.readBigUInt64LE(start);
}

function readBigEndian(bytes: Buffer, start: number, end: number): bigint {
  const length = end - start;
  if (length === 16) return (bytes.readBigInt64BE(start) << 64n) | bytes.readBigUInt64BE(start + 8);
  if (length === 0) return 0n;
  return BigInt.asIntN(length * 8, BigInt(`0x${bytes.toString('hex', start, end)}`));
}

const HEX_DIGITS = Buffer.from('0123456789abcdef');
const DASH = 45;
const UUID_LENGTH = 36;

function writeUuid(bytes: Buffer, start: number, _end: number, target: Column, index: number): void {
  const column = requireBytes(target);
  let to = reserveText(column, index, UUID_LENGTH);
  const text = column.bytes;
  for (let byte = 0; byte < 16; byte++) {
    if (byte === 4 || byte === 6 || byte === 8 || byte === 10) text[to++] = DASH;
    const value = bytes[start + byte] ?? 0;
    text[to++] = HEX_DIGITS[value >> 4] ?? 0;
    text[to++] = HEX_DIGITS[value & 15] ?? 0;
  }
  column.offsets[index + 1] = to;
}

export function formatUuid(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
