import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectDirectory } from '../template/definition.ts';
import { commitFolder, exportCommit, git } from '../update/git.ts';

/** The template as it was released last, with its tag, as `git fetch` reads it: what updates to the head are tested from. */
export const PREVIOUS_RELEASE = join(projectDirectory, 'tests/fixtures/previous-release.bundle');

/** All that renders a repository; the lockfile of the skeleton does not. */
const PARTS = ['template.yaml', 'skeleton', ':!skeleton/package-lock.json'];

/** Keeps what a tag of a clone of the template holds. */
export async function storePreviousRelease(
  tag: string,
  {
    directory = projectDirectory,
    bundle = PREVIOUS_RELEASE,
  }: { readonly directory?: string; readonly bundle?: string } = {},
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'etl-release-'));
  try {
    const [repository, files] = [join(folder, 'repository'), join(folder, 'files')];
    await Promise.all([repository, files].map((path) => mkdir(path)));
    await git(repository, ['init', '--quiet']);
    await exportCommit(directory, tag, PARTS, files);
    const commit = await commitFolder(repository, files, `Template ${tag}`);
    await git(repository, ['tag', tag, commit]);
    await git(repository, ['bundle', 'create', '--quiet', bundle, `refs/tags/${tag}`]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
