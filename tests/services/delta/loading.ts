import { randomUUIDv7 } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { Batch, type Rejection, type Row } from '../../../skeleton/base/src/runtime/pipeline/batch.ts';
import type { TableSchema } from '../../../skeleton/base/src/runtime/schema/table-schema.ts';
import {
  DeltaLoader,
  type DeltaLoaderOptions,
} from '../../../skeleton/connectors/delta/src/runtime/connectors/delta/loader.ts';

export const STREAM = 'orders/orders';

/** Folders for tables, gone after the tests of the file. */
export async function tableFolder(): Promise<(name: string) => string> {
  const directory = await mkdtemp(join(tmpdir(), 'delta-'));
  afterAll(() => rm(directory, { recursive: true, force: true }));
  return (name) => join(directory, name);
}

/** One run of a resource: each group of rows is a batch, all are committed at the end. */
export async function load(
  path: string,
  schema: TableSchema,
  batches: readonly (readonly Row[])[],
  options: Partial<DeltaLoaderOptions> = {},
): Promise<{ loader: DeltaLoader; rejections: readonly Rejection[] }> {
  const stream = options.stream ?? STREAM;
  const loader = new DeltaLoader({ path, stream, writer: randomUUIDv7(), mode: 'append', ...options });
  const rejections: Rejection[] = [];
  try {
    const before = (await loader.checkpoint(stream))?.sequence ?? 0;
    await loader.prepare(schema);
    for (const [index, rows] of batches.entries()) {
      const sequence = before + index + 1;
      const batch = new Batch({ stream, sequence, position: { batch: sequence }, origin: 'test' }, { rows });
      await loader.load(batch, async (refused) => void rejections.push(...refused));
    }
    await loader.finish(true);
    return { loader, rejections };
  } finally {
    await loader.close();
  }
}
