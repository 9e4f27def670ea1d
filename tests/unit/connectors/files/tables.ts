import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Row } from '../../../../skeleton/base/src/runtime/pipeline/batch.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { schemaOf } from './reading.ts';

/** Options of the sink for each format that it writes. */
export const FORMATS = [
  {},
  { format: 'ndjson' },
  { format: 'csv' },
  { format: 'ndjson', compression: 'gzip' },
  { format: 'csv', compression: 'gzip' },
] as const;

export const schema = schemaOf(['id', { kind: 'int32' }], ['text', { kind: 'string' }]);

/** Batches of so many records each; number n has the sequence n. */
export function batches(count: number, rows = 3, prefix = 'text'): Row[][] {
  return Array.from({ length: count }, (_, batch) =>
    Array.from({ length: rows }, (__, row) => ({ id: batch * rows + row, text: `${prefix} ${batch * rows + row}` })),
  );
}

/** Gives a new folder at each call; they are gone after the tests of the file. */
export async function newFolders(): Promise<() => string> {
  const folder = await temporaryFolder();
  let folders = 0;
  return () => folder(`${++folders}`);
}

export async function namesIn(path: string): Promise<string[]> {
  return (await readdir(path)).sort();
}

/** Where the only run prepares its files. */
export async function onlyFolderIn(root: string): Promise<string> {
  const [stream = ''] = await readdir(root);
  const [writer = ''] = await readdir(join(root, stream));
  return join(root, stream, writer);
}
