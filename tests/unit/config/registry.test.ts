import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findConnectors, loadConnectors } from '../../../skeleton/base/src/runtime/connectors/registry.ts';

const CONNECTOR = (type: string) => `export const connector = { type: '${type}', connection: undefined };`;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'connectors-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function addFile(path: string, contents: string): Promise<void> {
  await mkdir(join(directory, path, '..'), { recursive: true });
  await writeFile(join(directory, path), contents);
}

describe('the connector registry', () => {
  it('finds folders and single files by name', async () => {
    await addFile('queue/index.ts', CONNECTOR('queue'));
    await addFile('weather.ts', CONNECTOR('weather'));
    for (const other of ['connector.ts', 'registry.ts', 'weather.test.ts', 'notes.md', 'shared/time.ts'])
      await addFile(other, '');
    expect([...(await findConnectors([directory])).keys()]).toEqual(['queue', 'weather']);
  });

  it('runs only those that are asked for', async () => {
    await addFile('used.ts', CONNECTOR('used'));
    await addFile('unused.ts', 'throw new Error("must not run")');
    const connectors = await loadConnectors(await findConnectors([directory]), ['used', 'missing']);
    expect([...connectors.keys()]).toEqual(['used']);
  });

  it('refuses two of the same type', async () => {
    await addFile('queue/index.ts', CONNECTOR('queue'));
    await addFile('queue.ts', CONNECTOR('queue'));
    await expect(findConnectors([directory])).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: `Two connectors claim the type queue: ${join(directory, 'queue/index.ts')} and ${join(directory, 'queue.ts')}.`,
    });
  });

  it('refuses a file that exports none, or another type than its name', async () => {
    await addFile('empty.ts', 'export const other = 1;');
    await addFile('named.ts', CONNECTOR('other'));
    const found = await findConnectors([directory]);
    await expect(loadConnectors(found, ['empty'])).rejects.toThrow(/empty exports no `connector`/);
    await expect(loadConnectors(found, ['named'])).rejects.toThrow(/named exports a connector of type other/);
  });

  it('says which connector cannot be loaded and why', async () => {
    await addFile('broken.ts', "import './missing.ts';");
    await expect(loadConnectors(await findConnectors([directory]))).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringMatching(/^The connector broken cannot be loaded: .*missing\.ts/),
      where: { file: join(directory, 'broken.ts') },
    });
  });
});
