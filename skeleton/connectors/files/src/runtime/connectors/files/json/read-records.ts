import type { Row } from '../../../pipeline/batch.ts';
import { ByteWindow } from '../byte-window.ts';
import type { FilesSource } from '../options.ts';
import { readBytes } from '../read-bytes.ts';
import { GROUP_BYTES, RECORD_BYTES, type ReadRequest, type RecordGroup } from '../record-group.ts';
import type { SourceFile } from '../source-files.ts';
import { exactSchema } from './exact-schema.ts';
import type { Frame } from './framing.ts';
import { JsonGroups } from './json-groups.ts';
import { RowGroup } from './row-group.ts';

/** Records by which columns are chosen that hold values of JSON as they are. */
const SAMPLED_RECORDS = 1000;

/**
 * Collects the records of a file in groups. Without a schema they have the values that the file has, and are in columns
 * as far as most of them have the same properties.
 */
export async function* readRecords(
  file: SourceFile,
  options: FilesSource,
  request: ReadRequest,
  frame: Frame,
): AsyncGenerator<RecordGroup> {
  const { offset, schema } = request;
  const layout =
    schema === undefined
      ? { schema: await exactSchema(await sampleRecords(file, options, offset, SAMPLED_RECORDS, frame)), exact: true }
      : { schema, exact: false };
  const framing = frame(offset);
  const groups = new JsonGroups(layout, framing, request.batchSize);
  const window = new ByteWindow(readBytes(file, options.encoding, offset), offset);
  let { row } = request;
  let started = offset;
  let group = groups.next(row + 1);
  const finish = (last: boolean): RecordGroup => {
    row += group.records;
    const release = groups.recycler(group);
    return { ...group.finish(), row, offset: window.offset, bytes: window.offset - started, last, release };
  };
  try {
    if (offset === 0) await window.skipByteOrderMark();
    for (;;) {
      await window.growUpTo(framing.closing, RECORD_BYTES);
      const all = group.scan(groups.scanner, framing, window, started + GROUP_BYTES - window.offset);
      if (!group.full && window.offset - started < GROUP_BYTES) {
        if (all || (await framing.take(window, group))) continue;
        break;
      }
      await groups.learn(group, SAMPLED_RECORDS);
      yield finish(false);
      started = window.offset;
      group = groups.next(row + 1);
    }
    if (group.records > 0) yield finish(true);
  } finally {
    await window.close();
  }
}

/** Records from an offset on, as objects; those that are broken are left out. */
export async function sampleRecords(
  file: SourceFile,
  options: FilesSource,
  offset: number,
  records: number,
  frame: Frame,
): Promise<readonly Row[]> {
  const window = new ByteWindow(readBytes(file, options.encoding, offset), offset);
  const framing = frame(offset);
  const group = new RowGroup();
  try {
    if (offset === 0) await window.skipByteOrderMark();
    while (group.records < records && window.offset - offset < GROUP_BYTES) {
      if (!(await framing.take(window, group))) break;
    }
  } finally {
    await window.close();
  }
  return group.rows;
}
