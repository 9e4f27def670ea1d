import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from '@commander-js/extra-typings';
import { editorSchemas } from '../config/editor-schema.ts';
import { findConnectors, loadConnectors } from '../connectors/registry.ts';
import { EXIT_CODES } from '../errors/pipeline-error.ts';
import { replaceFile } from '../storage/durable-files.ts';
import { print } from './output.ts';

const RUNTIME = fileURLToPath(new URL('../', import.meta.url));

export function schemaCommand() {
  return new Command('schema')
    .description('write the JSON Schema by which editors check pipeline.yaml; needed after adding a connector')
    .option('--check', 'only say whether it is up to date')
    .action(async ({ check = false }) => {
      const files = await findConnectors();
      let outdated = 0;
      for (const [path, contents] of editorSchemas(await loadConnectors(files), files)) {
        const file = join(RUNTIME, path);
        if ((await currentContents(file)) === contents) continue;
        outdated += 1;
        if (!check) await replaceFile(file, contents);
        print(`${relative('.', file)} ${check ? 'is out of date' : 'written'}`);
      }
      if (outdated === 0) print('the JSON Schema is up to date');
      if (check && outdated > 0) process.exitCode = EXIT_CODES.failed;
    });
}

async function currentContents(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}
