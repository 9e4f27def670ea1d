import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll } from 'vitest';
import { renderInProcess, temporaryFolder } from '../../render/renderer.ts';

const skeletonPackages = resolve(import.meta.dirname, '../../../skeleton/node_modules');

const directory = temporaryFolder();
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Renders a repository with these answers and returns its folder, which goes away after the tests of the file. */
export async function render(answers: Readonly<Record<string, unknown>>): Promise<string> {
  const folder = await mkdtemp(join(directory, 'repository-'));
  await renderInProcess({ name: 'orders', ...answers }, folder);
  return folder;
}

/** The same, with the packages of the skeleton in place of an installation of its own: it can run. */
export async function renderRunnable(answers: Readonly<Record<string, unknown>>): Promise<string> {
  const folder = await render(answers);
  await symlink(skeletonPackages, join(folder, 'node_modules'));
  return folder;
}
