import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Paths in a folder that is gone after the tests of the file. */
export async function temporaryFolder(): Promise<(name: string) => string> {
  const directory = await mkdtemp(join(tmpdir(), 'files-'));
  afterAll(() => rm(directory, { recursive: true, force: true }));
  return (name) => join(directory, name);
}
