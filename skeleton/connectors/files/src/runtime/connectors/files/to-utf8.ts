import type { FilesSource } from './options.ts';

export type Encoding = FilesSource['encoding'];

/** What stands for bytes that are no character: no UTF-8 either, so that the record is found to be broken. */
const INVALID = Buffer.of(0xff);
/** Longest byte order mark. */
const MARK_BYTES = 3;

/** The encoding that the byte order mark at the start of a file says, else the one that is expected. */
export function encodingOf(start: Buffer, expected: Encoding): Encoding {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  return start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf ? 'utf-8' : expected;
}

/** A text as UTF-8, from its first byte on. A byte order mark in UTF-16 is left out. */
export async function* toUtf8(chunks: AsyncIterable<Buffer>, expected: Encoding): AsyncGenerator<Buffer> {
  let start = Buffer.alloc(0);
  let decode: ((chunk: Buffer, last: boolean) => Buffer) | undefined;
  for await (const chunk of chunks) {
    if (decode !== undefined) {
      yield decode(chunk, false);
      continue;
    }
    start = Buffer.concat([start, chunk]);
    if (start.length < MARK_BYTES) continue;
    decode = decoderOf(encodingOf(start, expected));
    yield decode(start, false);
  }
  if (decode === undefined) yield decoderOf(encodingOf(start, expected))(start, true);
  else yield decode(Buffer.alloc(0), true);
}

function decoderOf(encoding: Encoding): (chunk: Buffer, last: boolean) => Buffer {
  if (encoding === 'utf-8') return (chunk) => chunk;
  if (encoding === 'latin1') {
    const decoder = new TextDecoder('windows-1252');
    return (chunk, last) => Buffer.from(decoder.decode(chunk, { stream: !last }));
  }
  return utf16Decoder(encoding === 'utf-16be');
}

function utf16Decoder(bigEndian: boolean): (chunk: Buffer, last: boolean) => Buffer {
  let rest = Buffer.alloc(0);
  let atStart = true;
  return (chunk, last) => {
    const bytes = Buffer.concat([rest, chunk]);
    const even = bytes.subarray(0, bytes.length - (bytes.length % 2));
    if (bigEndian) even.swap16();
    const complete = last ? even.length : even.length - halfCharacter(even);
    rest = Buffer.from(bytes.subarray(complete));
    if (bigEndian) rest.subarray(0, even.length - complete).swap16();
    const text = even.toString('utf16le', 0, complete);
    const decoded = encodeUtf8(atStart && text.startsWith('\ufeff') ? text.slice(1) : text);
    atStart &&= text === '';
    return last && rest.length > 0 ? Buffer.concat([decoded, INVALID]) : decoded;
  };
}

/** 2 when the last two bytes are the first half of a character. */
function halfCharacter(bytes: Buffer): 0 | 2 {
  const last = bytes.length === 0 ? 0 : bytes.readUInt16LE(bytes.length - 2);
  return last >= 0xd800 && last <= 0xdbff ? 2 : 0;
}

function encodeUtf8(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  const parts = text.split(/\p{Surrogate}/u).map((part) => Buffer.from(part));
  return Buffer.concat(parts.flatMap((part, index) => (index === 0 ? [part] : [INVALID, part])));
}
