import type { Client } from 'pg';
import type { Batch, Rejection } from '../../pipeline/batch.ts';
import { type BisectFailure, bisect } from '../../pipeline/bisect.ts';
import type { BatchWriter, Loadable } from './batch-writers.ts';
import { describeServerError, isRecordError } from './errors.ts';
import { RawRows } from './raw-rows.ts';

export interface LoadedRecords {
  /** Rows that the table got. */
  readonly written: number;
  /** Records that were folded into another one with the same key. */
  readonly merged: number;
  readonly rejections: readonly Rejection[];
}

/** A batch with more bad records is not worth the time that it takes to find them one by one. */
const MOST_REJECTIONS = 10_000;

/**
 * Writes the records inside of a transaction, and sets aside those that the server refuses.
 *
 * @param batch as columns, or as rows in the form of the table
 */
export async function loadRecords(client: Client, writer: BatchWriter, batch: Batch): Promise<LoadedRecords> {
  const records: Loadable = batch.records instanceof RawRows ? batch.records : batch.columns();
  let written = 0;
  const attempt = async (start: number, end: number): Promise<void> => {
    try {
      written += await writer.write(client, records.slice(start, end));
    } catch (error) {
      if (isRecordError(error)) await client.query('ROLLBACK TO SAVEPOINT records');
      throw error;
    }
  };
  const failures = await bisect(records.length, attempt, isRecordError, { limit: MOST_REJECTIONS, locate: copyLine });
  const rejections = failures.map((failure) => rejectionOf(batch, failure));
  return { written, merged: records.length - failures.length - written, rejections };
}

/** COPY says which of its rows it refused: `COPY orders, line 17, column total`. */
function copyLine(error: unknown): number | undefined {
  const where = isRecordError(error) ? /^COPY .*, line (\d+)/m.exec(error.where ?? '') : null;
  return where === null ? undefined : Number(where[1]) - 1;
}

function rejectionOf(batch: Batch, { index, error }: BisectFailure): Rejection {
  const [record] = batch.slice(index, index + 1).rows();
  const message = isRecordError(error) ? describeServerError(error) : String(error);
  const column = isRecordError(error) ? (error.column ?? /, column ([^:]+)/.exec(error.where ?? '')?.[1]) : undefined;
  return { record, rowNumber: batch.rowNumber(index), message, ...(column !== undefined && { column }) };
}
