import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadDefinitions } from '../../../skeleton/base/src/runtime/config/definitions.ts';

const RESOURCE = join(import.meta.dirname, '../../../skeleton/base/src/runtime/resource.ts');

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'definitions-'));
});
afterEach(() => rm(directory, { recursive: true }));

function define(file: string, ...names: string[]): Promise<void> {
  const exports = names.map((name, index) => `export const r${index} = resource('${name}');`);
  return writeFile(join(directory, file), `import { resource } from '${RESOURCE}';\n${exports.join('\n')}\n`);
}

describe('definitions of resources', () => {
  it('are what the files of the folder export, whatever the file is called', async () => {
    await define('shop.ts', 'orders', 'customers');
    await writeFile(join(directory, 'rates.ts'), 'export const rates = { EUR: 1 };\n');
    await writeFile(join(directory, 'shop.test.ts'), 'throw new Error("a test is not run");\n');
    expect([...(await loadDefinitions(directory)).keys()]).toEqual(['orders', 'customers']);
  });

  it('are none where the folder is missing', async () => {
    expect(await loadDefinitions(join(directory, 'missing'))).toEqual(new Map());
  });

  it('may be exported again by another file', async () => {
    await define('shop.ts', 'orders');
    await writeFile(join(directory, 'all.ts'), "export * from './shop.ts';\n");
    expect([...(await loadDefinitions(directory)).keys()]).toEqual(['orders']);
  });

  it('have different names', async () => {
    await define('a.ts', 'orders');
    await define('b.ts', 'orders');
    await expect(loadDefinitions(directory)).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: `The resource orders is defined twice: in ${join(directory, 'a.ts')} and in ${join(directory, 'b.ts')}.`,
    });
  });

  it('name the file that cannot be run', async () => {
    await writeFile(join(directory, 'broken.ts'), 'throw new Error("no rates");\n');
    await expect(loadDefinitions(directory)).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: 'A file of src/resources cannot be run: no rates',
      where: { file: join(directory, 'broken.ts') },
    });
  });
});
