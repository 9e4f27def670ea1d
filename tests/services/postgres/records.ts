import { Batch, type Rejection, type Row } from '../../../skeleton/base/src/runtime/pipeline/batch.ts';
import type { LoadReport } from '../../../skeleton/base/src/runtime/pipeline/loader.ts';
import type { TableSchema } from '../../../skeleton/base/src/runtime/schema/table-schema.ts';
import type { PostgresLoader } from '../../../skeleton/connectors/postgres/src/runtime/connectors/postgres/loader.ts';
import { STREAM } from './database.ts';

export const ORDER: TableSchema = {
  fields: [
    { name: 'order_id', type: { kind: 'int64' }, nullable: false },
    { name: 'total', type: { kind: 'decimal', precision: 12, scale: 2 }, nullable: true },
    { name: 'note', type: { kind: 'string' }, nullable: true },
  ],
};

export function order(id: number, change: Row = {}): Row {
  return { order_id: id, total: `${id}.50`, note: `note ${id}`, ...change };
}

export function orders(from: number, to: number): Row[] {
  return Array.from({ length: to - from + 1 }, (_, index) => order(from + index));
}

export function batchOf(sequence: number, rows: readonly Row[], schema = ORDER, stream = STREAM): Batch {
  const identity = { stream, sequence, position: { after: sequence }, origin: 'test' };
  return new Batch(identity, { rows, rowNumbers: 1 }).toColumns(schema);
}

/** Loads a batch and returns what was refused beside the report. */
export async function load(
  loader: PostgresLoader,
  batch: Batch,
): Promise<LoadReport & { readonly rejections: readonly Rejection[] }> {
  const rejected: Rejection[] = [];
  const report = await loader.load(batch, async (rejections) => {
    rejected.push(...rejections);
  });
  return { ...report, rejections: rejected };
}

/** Loads batches as a whole run does. */
export async function run(
  loader: PostgresLoader,
  batches: readonly (readonly Row[])[],
  schema = ORDER,
  complete = true,
): Promise<void> {
  const checkpoint = await loader.checkpoint(STREAM);
  await loader.prepare(schema);
  let sequence = (checkpoint?.sequence ?? 0) + 1;
  for (const rows of batches) await load(loader, batchOf(sequence++, rows, schema));
  await loader.finish(complete);
  await loader.close();
}
