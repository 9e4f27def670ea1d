import { PipelineError } from '../../../errors/pipeline-error.ts';
import type { Row } from '../../../pipeline/batch.ts';
import type { ByteWindow } from '../byte-window.ts';
import type { FilesSource } from '../options.ts';
import { RECORD_BYTES, type ReadRequest, type RecordGroup } from '../record-group.ts';
import type { SourceFile } from '../source-files.ts';
import { endOfValue } from './end-of-value.ts';
import type { Framing } from './framing.ts';
import { readRecords, sampleRecords } from './read-records.ts';

const OPEN = 0x5b;
const CLOSE = 0x5d;
const COMMA = 0x2c;

/**
 * The records of a file that is one JSON array of objects; it is read piece by piece, however long it is.
 *
 * @throws PipelineError UNREADABLE when it is no array, or ends inside of it
 */
export function readJson(file: SourceFile, options: FilesSource, request: ReadRequest): AsyncGenerator<RecordGroup> {
  return readRecords(file, options, request, (offset) => arrayFraming(file, offset));
}

/** The first records as objects. */
export function sampleJson(file: SourceFile, options: FilesSource, records: number): Promise<readonly Row[]> {
  return sampleRecords(file, options, 0, records, (offset) => arrayFraming(file, offset));
}

function arrayFraming(file: SourceFile, offset: number): Framing {
  // A position of this source lies inside of the array.
  let opened = offset > 0;
  return {
    closing: 0x7d,
    separation: 'array',
    begin: skipSeparators,
    close: (_, start) => start,
    async take(window, group) {
      const byte = await nextByte(window, opened);
      if (byte === undefined) {
        if (opened) throw damaged(file, window, 'it ends inside of its array');
        return false;
      }
      if (!opened) {
        if (byte !== OPEN)
          throw damaged(
            file,
            window,
            'it is no array',
            "Set 'format' of the source to ndjson if each line is a record.",
          );
        opened = true;
        window.advance(window.start + 1);
        return true;
      }
      if (byte === CLOSE) {
        window.advance(window.start + 1);
        if ((await nextByte(window, false)) !== undefined) throw damaged(file, window, 'something follows its array');
        return false;
      }
      const start = window.offset;
      const end = await findEnd(window, file);
      group.add(window.bytes.subarray(window.start, end), start);
      window.advance(end);
      return true;
    },
  };
}

/** Moves on to the next byte that is neither white space nor a comma between records; `undefined` at the end. */
async function nextByte(window: ByteWindow, separators: boolean): Promise<number | undefined> {
  for (;;) {
    const skip = separators ? skipSeparators : skipSpace;
    const position = skip(window.bytes, window.start, window.end);
    window.advance(position);
    if (position < window.end) return window.bytes[position];
    if (window.final) return undefined;
    await window.grow();
  }
}

function skipSeparators(bytes: Buffer, start: number, end: number): number {
  let position = skipSpace(bytes, start, end);
  while (position < end && bytes[position] === COMMA) position = skipSpace(bytes, position + 1, end);
  return position;
}

function skipSpace(bytes: Buffer, start: number, end: number): number {
  let position = start;
  while (position < end && isSpace(bytes[position])) position++;
  return position;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

async function findEnd(window: ByteWindow, file: SourceFile): Promise<number> {
  for (;;) {
    const end = endOfValue(window.bytes, window.start, window.end);
    // A bracket that closes nothing is a record of its own: something has to be passed over.
    if (end >= 0) return Math.max(end, window.start + 1);
    if (window.final) throw damaged(file, window, 'it ends inside of a record that starts there');
    if (window.length > 2 * RECORD_BYTES) {
      throw damaged(
        file,
        window,
        `a record is longer than ${RECORD_BYTES / 1024 / 1024} MiB`,
        'Deliver such records as Parquet.',
      );
    }
    await window.grow();
  }
}

function damaged({ path }: SourceFile, { offset }: ByteWindow, what: string, hint?: string): PipelineError {
  return new PipelineError('UNREADABLE', `${path} is no readable JSON file: ${what} (byte ${offset}).`, {
    where: { file: path },
    hint: hint ?? 'Check that the file was written and copied completely.',
  });
}
