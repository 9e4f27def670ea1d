import type { Row } from '../../../pipeline/batch.ts';
import type { ByteWindow } from '../byte-window.ts';
import type { FilesSource } from '../options.ts';
import { KEPT_BYTES, RECORD_BYTES, type ReadRequest, type RecordGroup } from '../record-group.ts';
import type { SourceFile } from '../source-files.ts';
import type { Framing } from './framing.ts';
import { readRecords, sampleRecords } from './read-records.ts';
import type { RecordParser } from './record-parser.ts';

const LINE_FEED = 10;

const LINES: Framing = {
  closing: LINE_FEED,
  separation: 'lines',
  begin: (_, start) => start,
  close(bytes, start, end) {
    let position = start;
    while (position < end && isSpace(bytes[position])) position++;
    return bytes[position] === LINE_FEED ? position + 1 : -1;
  },
  take: takeLine,
};

/** The records of a file with a JSON object on each line. Blank lines are passed over. */
export function readNdjson(file: SourceFile, options: FilesSource, request: ReadRequest): AsyncGenerator<RecordGroup> {
  return readRecords(file, options, request, () => LINES);
}

/** The first records as objects. */
export function sampleNdjson(file: SourceFile, options: FilesSource, records: number): Promise<readonly Row[]> {
  return sampleRecords(file, options, 0, records, () => LINES);
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}

async function takeLine(window: ByteWindow, group: RecordParser): Promise<boolean> {
  let lineEnd = window.bytes.indexOf(LINE_FEED, window.start);
  while (lineEnd < 0 && !window.final && window.length <= RECORD_BYTES) {
    await window.grow();
    lineEnd = window.bytes.indexOf(LINE_FEED, window.start);
  }
  const { bytes, start, end, offset } = window;
  if (lineEnd < 0 && window.length > RECORD_BYTES) {
    group.addTooLong(Buffer.from(bytes.subarray(start, start + KEPT_BYTES)), offset);
    await window.skipPast(LINE_FEED);
    return true;
  }
  if (start === end) return false;
  const line = bytes.subarray(start, lineEnd < 0 ? end : lineEnd);
  window.advance(lineEnd < 0 ? end : lineEnd + 1);
  if (!isBlank(line)) group.add(line, offset);
  return true;
}

/** Nothing but spaces or a carriage return. */
function isBlank(line: Buffer): boolean {
  if (line.length > 64) return false;
  return line.toString('utf8').trim() === '';
}
