import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const project = resolve(import.meta.dirname, '../../..');

/** Renders a repository with these answers as `npm run create` does, and returns its folder. */
export async function render(answers: Readonly<Record<string, unknown>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'rendered-'));
  const file = join(directory, 'answers.json');
  const folder = join(directory, 'repository');
  await writeFile(file, JSON.stringify({ name: 'orders', ...answers }));
  await run(process.execPath, [join(project, 'scripts/create.ts'), '--answers', file, '--out', folder]);
  return folder;
}
