import { randomUUIDv7 } from 'node:crypto';
import { cp, rename, rm } from 'node:fs/promises';
import type { Columns } from '../../../../skeleton/base/src/runtime/columns/columns.ts';
import type { SinkContext } from '../../../../skeleton/base/src/runtime/connectors/connector.ts';
import { Batch, type Rejection, type Row } from '../../../../skeleton/base/src/runtime/pipeline/batch.ts';
import type { Loader } from '../../../../skeleton/base/src/runtime/pipeline/loader.ts';
import type { TableSchema } from '../../../../skeleton/base/src/runtime/schema/table-schema.ts';
import { ByteOutput } from '../../../../skeleton/connectors/files/src/runtime/connectors/files/byte-output.ts';
import {
  csvWriter,
  formatCsvHeader,
} from '../../../../skeleton/connectors/files/src/runtime/connectors/files/csv/write-csv.ts';
import { connector } from '../../../../skeleton/connectors/files/src/runtime/connectors/files/index.ts';
import { ndjsonWriter } from '../../../../skeleton/connectors/files/src/runtime/connectors/files/json/write-ndjson.ts';
import { openSource, readContents, STREAM } from './reading.ts';

/** A files sink as pipeline.yaml describes it. */
export function openSink(folder: string, options: object = {}, context: Partial<SinkContext> = {}): Loader {
  const defaults = { resource: 'orders', stream: STREAM, mode: 'append' as const, key: [], writer: randomUUIDv7() };
  const full = { ...defaults, ...context };
  const loader = connector.createLoader?.({ path: folder }, { table: 'orders', ...options }, full);
  if (loader === undefined) throw new TypeError('Files are no sink.');
  return loader;
}

export function batchOf(schema: TableSchema, rows: readonly Row[], sequence: number): Batch {
  const identity = { stream: STREAM, sequence, position: { row: sequence }, origin: 'test' };
  return new Batch(identity, { rows, rowNumbers: 1 }).toColumns(schema);
}

/** What becomes of the records that the sink refuses. */
export function rejections(): { readonly all: Rejection[]; reject(refused: readonly Rejection[]): Promise<void> } {
  const all: Rejection[] = [];
  return { all, reject: async (refused) => void all.push(...refused) };
}

interface Loading {
  readonly loader: Loader;
  readonly schema: TableSchema;
  readonly batches: readonly (readonly Row[])[];
  /** Stop after the last batch and leave this folder as a killed process does. */
  readonly killedIn?: string;
  readonly complete?: boolean;
}

/** A run: goes on where the sink stands, through the given batches, of which number n has the sequence n. */
export async function runLoad({ loader, schema, batches, killedIn, complete = true }: Loading): Promise<void> {
  const done = (await loader.checkpoint(STREAM))?.sequence ?? 0;
  await loader.prepare(schema);
  const { reject } = rejections();
  for (let sequence = done + 1; sequence <= batches.length; sequence++) {
    await loader.load(batchOf(schema, batches[sequence - 1] ?? [], sequence), reject);
  }
  if (killedIn !== undefined) return kill(loader, killedIn);
  await loader.finish(complete);
  await loader.close();
}

/** Leaves the folder as it is on disk now, as a killed process does. */
export async function kill(loader: Loader, folder: string): Promise<void> {
  await cp(folder, `${folder}-killed`, { recursive: true });
  await loader.close();
  await rm(folder, { recursive: true });
  await rename(`${folder}-killed`, folder);
}

/** The records of a table, in the order of their ids. */
export async function readTable(folder: string, schema: TableSchema): Promise<readonly Row[]> {
  const { rows } = await readContents(openSource(folder, { path: 'orders/part-*' }), { columns: schema });
  return [...rows].sort((left, right) => Number(left.id) - Number(right.id));
}

/** The records as a sink writes them into a file. */
export function csvText(columns: Columns): string {
  return formatCsvHeader(columns.schema) + textOf(columns, csvWriter);
}

export function ndjsonText(columns: Columns): string {
  return textOf(columns, ndjsonWriter);
}

function textOf(columns: Columns, writer: typeof csvWriter): string {
  const output = new ByteOutput();
  const write = writer(columns, output);
  for (let index = 0; index < columns.length; index++) write(index);
  return output.bytes.toString();
}
