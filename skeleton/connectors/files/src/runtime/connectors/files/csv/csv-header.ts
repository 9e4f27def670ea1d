import { isUtf8 } from 'node:buffer';
import { PipelineError } from '../../../errors/pipeline-error.ts';
import { ByteWindow } from '../byte-window.ts';
import type { FilesSource } from '../options.ts';
import { readBytes } from '../read-bytes.ts';
import { RECORD_BYTES } from '../record-group.ts';
import type { SourceFile } from '../source-files.ts';
import { csvDialect } from './csv-dialect.ts';
import { RecordSplitter } from './record-splitter.ts';

export interface CsvHeader {
  /** One a field; made up where the file does not name a column, unique. */
  readonly names: readonly string[];
  /** Offset of the first record. */
  readonly dataOffset: number;
}

const DELIMITERS = [',', ';', '\t', '|'];

/**
 * The columns of a CSV file; `undefined` when it is empty.
 *
 * @param expected number of columns that the files should have, where it is known
 * @throws PipelineError UNREADABLE when the delimiter or the encoding cannot be right
 */
export async function readCsvHeader(
  file: SourceFile,
  options: FilesSource,
  expected?: number,
): Promise<CsvHeader | undefined> {
  const window = new ByteWindow(readBytes(file, options.encoding), 0);
  const splitter = new RecordSplitter(csvDialect(file, options), 0);
  try {
    await window.skipByteOrderMark();
    const { offset } = window;
    const end = await firstRecord(window, splitter, file);
    if (end === undefined) return undefined;
    checkEncoding(window.bytes.subarray(window.start, end), file);
    const texts = splitter.fields.map((field) => splitter.text(window.bytes, field));
    if (options.header === false) return { names: uniqueNames(texts.map(() => '')), dataOffset: offset };
    if (options.header !== true) return { names: uniqueNames(options.header), dataOffset: offset };
    const names = uniqueNames(texts);
    if (names.length === 1) checkDelimiter(names[0] ?? '', file, expected);
    return { names, dataOffset: window.offset + end - window.start };
  } finally {
    await window.close();
  }
}

/** Takes the first record that is not a blank line into view. @returns the position behind it */
async function firstRecord(
  window: ByteWindow,
  splitter: RecordSplitter,
  file: SourceFile,
): Promise<number | undefined> {
  while (!window.final || window.length > 0) {
    const limits = { end: window.end, final: window.final, recordBytes: RECORD_BYTES };
    const end = splitter.split(window.bytes, window.start, limits);
    if (end < 0 && window.length <= RECORD_BYTES) {
      await window.grow();
    } else if (end >= 0 && splitter.outcome === 'columns') {
      return end;
    } else if (end >= 0 && splitter.outcome === 'blank') {
      window.advance(end);
    } else {
      checkEncoding(window.bytes.subarray(window.start, window.end), file);
      throw unreadable(
        file,
        `The first record of ${file.path} is no CSV record`,
        "Check 'quote' of the source, and that this is a CSV file.",
      );
    }
  }
  return undefined;
}

function uniqueNames(names: readonly string[]): string[] {
  const unique = new Set<string>();
  names.forEach((given, index) => {
    const name = given.trim() || `column_${index + 1}`;
    let candidate = name;
    for (let count = 2; unique.has(candidate); count++) candidate = `${name}_${count}`;
    unique.add(candidate);
  });
  return [...unique];
}

function checkEncoding(header: Buffer, file: SourceFile): void {
  const wide = header.includes(0);
  if (isUtf8(header) && !wide) return;
  const compression = compressionIn(header);
  if (compression !== undefined) {
    throw unreadable(
      file,
      `${file.path} is compressed with ${compression}, which its name does not say`,
      `Give it the extension ${compression === 'gzip' ? '.gz' : '.zst'}.`,
    );
  }
  const guess = wide ? 'utf-16le' : 'latin1';
  throw unreadable(
    file,
    `The first record of ${file.path} is not UTF-8${wide ? '; it looks like UTF-16' : ''}`,
    `Set 'encoding' of the source to ${guess}, or check that this is a CSV file.`,
  );
}

/** How the contents of a file are compressed, judging by how they start. */
function compressionIn(start: Buffer): 'gzip' | 'zstd' | undefined {
  if (start[0] === 0x1f && start[1] === 0x8b) return 'gzip';
  return start.length > 3 && start.readUInt32LE() === 0xfd2fb528 ? 'zstd' : undefined;
}

function checkDelimiter(name: string, file: SourceFile, expected: number | undefined): void {
  const other = DELIMITERS.find((delimiter) => name.includes(delimiter));
  if (other === undefined && (expected === undefined || expected < 2)) return;
  const wanted = expected === undefined || expected < 2 ? '' : `, where ${expected} are expected`;
  throw unreadable(
    file,
    `${file.path} has a single column ${JSON.stringify(name.slice(0, 200))}${wanted}`,
    other === undefined
      ? "Check 'delimiter' of the source."
      : `Set 'delimiter' of the source to ${JSON.stringify(other)}.`,
  );
}

function unreadable({ path }: SourceFile, message: string, hint: string): PipelineError {
  return new PipelineError('UNREADABLE', `${message}.`, { where: { file: path }, hint });
}
