import type { Client } from 'pg';
import { Columns } from '../../columns/columns.ts';
import type { Records } from '../../columns/records.ts';
import type { Rejection, Row } from '../../pipeline/batch.ts';
import { CopyDecoder, type DecodedRows, type UnfitValue } from './copy-decoder.ts';
import { copyOut } from './copy-out.ts';
import { type CollectedRows, RawCollector } from './raw-collector.ts';
import { rowForm } from './raw-rows.ts';
import { recordAt } from './record-at.ts';
import type { DescribedSource } from './source.ts';
import { lastPlace, type Place } from './source-position.ts';
import { copyStatement, type QueryPart } from './source-query.ts';

/** What a batch is made of. */
export interface ReadBatch extends ReadRecords {
  /** Where its last record is in the order; `undefined` without one. */
  readonly place: Place | undefined;
  /** Records, rejected ones included. */
  readonly read: number;
  /** Bytes on the wire. */
  readonly bytes: number;
  readonly release?: () => void;
}

interface ReadRecords {
  readonly columns?: Columns;
  readonly records?: Records;
  readonly rowNumbers: number | readonly number[];
  readonly rejections?: readonly Rejection[];
}

export interface ReadOptions {
  readonly batchSize: number;
  /** Rows of this form are wanted as they are. */
  readonly form: string | undefined;
}

/** Runs the query and yields its rows batch by batch: as they are where somebody wants them so, as columns otherwise. */
export async function* readBatches(
  client: Client,
  { query, delivered }: DescribedSource,
  part: QueryPart,
  rowsBefore: number,
  { batchSize, form: wanted }: ReadOptions,
): AsyncGenerator<ReadBatch> {
  const statement = copyStatement(query, part);
  const form = rowForm(query.columns);
  const names = part.order.map(({ name }) => name);
  let read = rowsBefore;
  const placeOf = ({ columns, unfit }: DecodedRows): Place | undefined => {
    return names.length === 0 ? undefined : lastPlace(columns, names, unfit);
  };
  if (form.name === wanted) {
    for await (const collected of copyOut(client, statement, new RawCollector(form, batchSize))) {
      const first = read + 1;
      const { rows, bytes, release } = collected;
      read += rows.length;
      const place = placeOf(rows.decode(rows.length - 1));
      yield { ...complete(collected, first), read: rows.length, bytes, place, release };
    }
  } else {
    for await (const rows of copyOut(client, statement, new CopyDecoder(form.schema, form.wires, batchSize))) {
      const first = read + 1;
      const { length } = rows.columns;
      read += length;
      const { bytes, release } = rows;
      yield { ...fitting(rows, delivered.length, first), read: length, bytes, place: placeOf(rows), release };
    }
  }
}

/** Without the columns that only serve the order, and without the records that do not fit. */
function fitting({ columns: all, unfit }: DecodedRows, delivered: number, firstRow: number): ReadRecords {
  const fields = all.schema.fields.slice(0, delivered);
  const columns = new Columns({ fields }, all.columns.slice(0, delivered), all.length);
  if (unfit.length === 0) return { columns, rowNumbers: firstRow };
  const record = (row: number, values: readonly UnfitValue[]) => recordAt({ columns, unfit: values }, row);
  const { kept, rejections } = setAside(all.length, unfit, firstRow, record);
  return { columns: columns.take(kept), rowNumbers: kept.map((index) => firstRow + index), rejections };
}

/** Without the rows that were too long. */
function complete({ rows, unfit }: CollectedRows, firstRow: number): ReadRecords {
  if (unfit.length === 0) return { records: rows, rowNumbers: firstRow };
  const record = (row: number, values: readonly UnfitValue[]) => {
    const decoded = rows.decode(row);
    return recordAt({ ...decoded, unfit: [...decoded.unfit, ...values.map((value) => ({ ...value, row: 0 }))] }, 0);
  };
  const { kept, rejections } = setAside(rows.length, unfit, firstRow, record);
  return { records: rows.take(kept), rowNumbers: kept.map((index) => firstRow + index), rejections };
}

/** Which rows have nothing amiss, and the rejections of the others. */
function setAside(
  length: number,
  unfit: readonly UnfitValue[],
  firstRow: number,
  recordOf: (row: number, values: readonly UnfitValue[]) => Row,
): { kept: readonly number[]; rejections: readonly Rejection[] } {
  const failures = Map.groupBy(unfit, ({ row }) => row);
  const kept = Array.from({ length }, (_, index) => index).filter((index) => !failures.has(index));
  const rejections = [...failures]
    .sort(([left], [right]) => left - right)
    .map(([row, values]) => ({
      record: recordOf(row, values),
      rowNumber: firstRow + row,
      ...(values[0] !== undefined && { column: values[0].column }),
      message: values.map(({ column, message }) => `${column} ${message}`).join('; '),
    }));
  return { kept, rejections };
}
