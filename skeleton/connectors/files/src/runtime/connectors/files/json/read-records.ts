import { ByteWindow } from '../byte-window.ts';
import type { FilesSource } from '../options.ts';
import { readBytes } from '../read-bytes.ts';
import { GROUP_BYTES, type ReadRequest, type RecordGroup } from '../record-group.ts';
import type { SourceFile } from '../source-files.ts';
import { JsonGroup } from './json-group.ts';
import { ObjectScanner } from './object-scanner.ts';

/** How records lie in a file one after the other. */
export interface Framing {
  /** The byte behind which nothing of a record is cut off. */
  readonly closing: number;
  /** Whether a record has no line ends. */
  readonly oneLine: boolean;
  /** Moves on to a record that seems to start at `start` or behind what separates records. */
  begin(bytes: Buffer, start: number, end: number): number;
  /** Moves on behind what closes the record that ends at `start`. @returns -1 when something else is there */
  close(bytes: Buffer, start: number, end: number): number;
  /**
   * Finds the next record in what is in view, adds it to the group and moves the window behind it. Grows the window
   * when the record is not complete.
   *
   * @returns `false` at the end of the file
   */
  take(window: ByteWindow, group: JsonGroup): Promise<boolean>;
}

/** Collects the records of a file in groups. */
export async function* readRecords(
  file: SourceFile,
  options: FilesSource,
  request: ReadRequest,
  framing: Framing,
): AsyncGenerator<RecordGroup> {
  const { schema } = request;
  const window = new ByteWindow(readBytes(file, options.encoding, request.offset), request.offset);
  const scanner = schema && new ObjectScanner(schema, framing.oneLine);
  let { row } = request;
  let started = window.offset;
  let group = new JsonGroup(request, row + 1);
  const finish = (last: boolean): RecordGroup => {
    row += group.records;
    return { ...group.finish(), row, offset: window.offset, bytes: window.offset - started, last };
  };
  try {
    if (window.offset === 0) await window.skipByteOrderMark();
    for (;;) {
      const left = started + GROUP_BYTES - window.offset;
      if (scanner !== undefined) group.scan(scanner, framing, window, left);
      const full = group.full || window.offset - started >= GROUP_BYTES;
      if (!full) {
        if (await framing.take(window, group)) continue;
        break;
      }
      yield finish(false);
      started = window.offset;
      group = new JsonGroup(request, row + 1, group);
    }
    if (group.records > 0) yield finish(true);
  } finally {
    await window.close();
  }
}
