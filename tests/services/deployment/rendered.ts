import { join } from 'node:path';
import { renderInProcess, temporaryFolder } from '../../render/renderer.ts';

/** Renders a repository with these answers and returns its folder. */
export async function render(answers: Readonly<Record<string, unknown>>): Promise<string> {
  const folder = join(temporaryFolder(), 'repository');
  await renderInProcess({ name: 'orders', ...answers }, folder);
  return folder;
}
