import { ColumnsPool } from '../../../columns/columns-pool.ts';
import { PipelineError } from '../../../errors/pipeline-error.ts';
import type { TableSchema } from '../../../schema/table-schema.ts';
import { ByteWindow } from '../byte-window.ts';
import type { FilesSource } from '../options.ts';
import { readBytes } from '../read-bytes.ts';
import {
  GROUP_BYTES,
  groupCapacity,
  KEPT_BYTES,
  RECORD_BYTES,
  type ReadRequest,
  type RecordGroup,
} from '../record-group.ts';
import { requireKnownColumns } from '../require-known-columns.ts';
import type { SourceFile } from '../source-files.ts';
import { compileScanner, isCompilable } from './compile-scanner.ts';
import { csvDialect, LINE_FEED } from './csv-dialect.ts';
import { CsvGroup } from './csv-group.ts';
import { type CsvHeader, readCsvHeader } from './csv-header.ts';
import type { CsvLayout } from './csv-layout.ts';
import { RecordScanner } from './record-scanner.ts';
import { RecordSplitter } from './record-splitter.ts';

/** The records of a CSV file; without a schema as text. A file that is empty, or has only a header, has none. */
export async function* readCsv(
  file: SourceFile,
  options: FilesSource,
  request: ReadRequest,
): AsyncGenerator<RecordGroup> {
  const header = await readCsvHeader(file, options, request.schema?.fields.length);
  if (header === undefined) return;
  const layout = layoutOf(file, options, header, request);
  const offset = Math.max(header.dataOffset, request.offset);
  const window = new ByteWindow(readBytes(file, options.encoding, offset), offset);
  const scanner = isCompilable(layout) ? compileScanner(layout) : new RecordScanner(layout).scanRecords;
  const splitter = new RecordSplitter(layout.dialect, header.names.length);
  const pool = new ColumnsPool(layout.schema, groupCapacity(request.batchSize, layout.schema.fields.length));
  let { row } = request;
  const nextGroup = () => new CsvGroup(layout, pool.take(), pool.capacity, row + 1);
  let group = nextGroup();
  let started = window.offset;
  const finish = (last: boolean): RecordGroup => {
    row += group.records;
    const { columns } = group;
    const release = () => pool.giveBack(columns);
    return { ...group.finish(), row, offset: window.offset, bytes: window.offset - started, last, release };
  };
  try {
    for (;;) {
      const all = group.scan(scanner, window, started + GROUP_BYTES - window.offset);
      if (group.full || window.offset - started >= GROUP_BYTES) {
        yield finish(false);
        started = window.offset;
        group = nextGroup();
        continue;
      }
      if (all) continue;
      const { bytes, start, offset } = window;
      const limits = { end: window.end, final: window.final, recordBytes: RECORD_BYTES };
      const end = start < window.end ? splitter.split(bytes, start, limits) : -1;
      if (end > start) {
        group.add(splitter, window, end);
        window.advance(end);
      } else if (window.length > RECORD_BYTES) {
        group.addTooLong(Buffer.from(bytes.subarray(start, start + KEPT_BYTES)), offset);
        await window.skipPast(LINE_FEED);
      } else if (window.final) {
        break;
      } else {
        await window.grow();
      }
    }
    if (group.records > 0) yield finish(true);
  } finally {
    await window.close();
  }
}

function layoutOf(file: SourceFile, options: FilesSource, { names }: CsvHeader, request: ReadRequest): CsvLayout {
  const schema = request.schema ?? textSchema(names);
  const positions = new Map(names.map((name, field) => [name, field]));
  const fields = schema.fields.map(({ name }) => positions.get(name) ?? -1);
  if (schema.fields.length > 0 && fields.every((field) => field < 0)) throw strangeColumns(file, names, schema);
  requireKnownColumns(file, names, schema);
  return { dialect: csvDialect(file, options), names, schema, fields };
}

/** The columns of a file whose values are taken as they are written. */
function textSchema(names: readonly string[]): TableSchema {
  return { fields: names.map((name) => ({ name, type: { kind: 'string' }, nullable: true })) };
}

function strangeColumns({ path }: SourceFile, names: readonly string[], schema: TableSchema): PipelineError {
  const wanted = schema.fields.map(({ name }) => name).join(', ');
  return new PipelineError(
    'UNREADABLE',
    `${path} has none of the columns ${wanted}; it has ${names.join(', ').slice(0, 500)}.`,
    {
      where: { file: path },
      hint: "Check 'delimiter' and 'header' of the source, and that its path matches only files of one kind.",
    },
  );
}
