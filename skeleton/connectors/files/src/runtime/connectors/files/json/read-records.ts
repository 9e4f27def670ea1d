import { ByteWindow } from '../byte-window.ts';
import type { FilesSource } from '../options.ts';
import { readBytes } from '../read-bytes.ts';
import { GROUP_BYTES, type ReadRequest, type RecordGroup } from '../record-group.ts';
import type { SourceFile } from '../source-files.ts';
import { JsonGroup } from './json-group.ts';

/**
 * Finds the next record in what is in view, adds it to the group and moves the window behind it. Grows the window
 * when the record is not complete.
 *
 * @returns `false` at the end of the file
 */
export type TakeRecord = (window: ByteWindow, group: JsonGroup) => Promise<boolean>;

/** Collects the records of a file in groups. */
export async function* readRecords(
  file: SourceFile,
  options: FilesSource,
  request: ReadRequest,
  take: TakeRecord,
): AsyncGenerator<RecordGroup> {
  const window = new ByteWindow(readBytes(file, options.encoding, request.offset), request.offset);
  let { row } = request;
  let started = window.offset;
  let group = new JsonGroup(request, row + 1);
  const finish = (last: boolean): RecordGroup => {
    row += group.records;
    return { ...group.finish(), row, offset: window.offset, bytes: window.offset - started, last };
  };
  try {
    if (window.offset === 0) await window.skipByteOrderMark();
    while (await take(window, group)) {
      if (group.records < request.batchSize && window.offset - started < GROUP_BYTES) continue;
      yield finish(false);
      started = window.offset;
      group = new JsonGroup(request, row + 1);
    }
    if (group.records > 0) yield finish(true);
  } finally {
    await window.close();
  }
}
