import { createReadStream } from 'node:fs';

export interface Line {
  /** 1-based. */
  readonly number: number;
  readonly text: string;
  /** Offset of the byte after its line feed. */
  readonly end: number;
}

const LINE_FEED = 0x0a;

/**
 * The complete lines of a file, one at a time; what follows the last line feed is not a line yet. Only line feeds
 * end a line: `node:readline` would also cut at U+2028, which JSON text may hold as it is.
 */
export async function* readLines(path: string): AsyncGenerator<Line> {
  let pending: Buffer[] = [];
  let number = 0;
  let offset = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    const bytes: Buffer = chunk;
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
      pending.push(bytes.subarray(start, end));
      start = end + 1;
      number++;
      yield { number, text: Buffer.concat(pending).toString('utf8'), end: offset + start };
      pending = [];
    }
    if (start < bytes.length) pending.push(bytes.subarray(start));
    offset += bytes.length;
  }
}
