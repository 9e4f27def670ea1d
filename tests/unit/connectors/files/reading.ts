import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SourceContext } from '../../../../skeleton/base/src/runtime/connectors/connector.ts';
import type { Batch, Rejection, Row } from '../../../../skeleton/base/src/runtime/pipeline/batch.ts';
import type { Extractor, ExtractRequest } from '../../../../skeleton/base/src/runtime/pipeline/extractor.ts';
import type { Field, LogicalType, TableSchema } from '../../../../skeleton/base/src/runtime/schema/table-schema.ts';
import { connector } from '../../../../skeleton/connectors/files/src/runtime/connectors/files/index.ts';

export const STREAM = 'orders/orders';

/** A files source as pipeline.yaml describes it. */
export function openSource(folder: string, options: object, context: Partial<SourceContext> = {}): Extractor {
  const full = { resource: 'orders', stream: STREAM, batchSize: 1000, ...context };
  const extractor = connector.createExtractor?.({ path: folder }, options, full);
  if (extractor === undefined) throw new TypeError('Files are no source.');
  return extractor;
}

/** Writes a file whose modification time is so many seconds after 2026-01-01. */
export async function putFile(
  folder: string,
  name: string,
  contents: string | Uint8Array,
  seconds = 0,
): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, contents);
  const time = new Date(Date.UTC(2026, 0, 1) + seconds * 1000);
  await utimes(path, time, time);
  return path;
}

export async function batchesOf(extractor: Extractor, request: Partial<ExtractRequest> = {}): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of extractor.extract({ firstSequence: 1, ...request })) batches.push(batch);
  return batches;
}

/** Reads as a pipeline does: each batch is given back before the next one is read, which may then lie in its memory. */
export async function readContents(extractor: Extractor, request: Partial<ExtractRequest> = {}): Promise<Contents> {
  const parts: Contents[] = [];
  for await (const batch of extractor.extract({ firstSequence: 1, ...request })) {
    parts.push(contentsOf([batch]));
    batch.release();
  }
  return {
    rows: parts.flatMap(({ rows }) => rows),
    rowNumbers: parts.flatMap(({ rowNumbers }) => rowNumbers),
    rejections: parts.flatMap(({ rejections }) => rejections),
  };
}

export interface Contents {
  readonly rows: readonly Row[];
  readonly rowNumbers: readonly (number | undefined)[];
  readonly rejections: readonly Rejection[];
}

export function contentsOf(batches: readonly Batch[]): Contents {
  return {
    rows: batches.flatMap((batch) => batch.rows()),
    rowNumbers: batches.flatMap((batch) => Array.from({ length: batch.size }, (_, index) => batch.rowNumber(index))),
    rejections: batches.flatMap((batch) => batch.rejections),
  };
}

export function schemaOf(...fields: (readonly [name: string, type: LogicalType, nullable?: boolean])[]): TableSchema {
  return { fields: fields.map(([name, type, nullable = true]): Field => ({ name, type, nullable })) };
}
