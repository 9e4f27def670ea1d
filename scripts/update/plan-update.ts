import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Answers } from '../template/answers.ts';
import { projectDirectory } from '../template/definition.ts';
import { type GeneratedRepository, type MergedTree, type TemplateRecord, UpdateError } from './generated-repository.ts';
import { commitFolder } from './git.ts';
import { render, renderVersion } from './template-versions.ts';

export interface UpdatePlan {
  /** Versions of the template. */
  readonly from: string;
  readonly to: string;
  /** Names of answers that are other ones now. */
  readonly changedAnswers: readonly string[];
  readonly merged: MergedTree;
}

export interface UpdateRequest {
  readonly version: string;
  readonly answers: Answers;
  /** Where the template is; default: this project. */
  readonly directory?: string;
}

/**
 * Finds out what the template as it is now would make of a repository, by a three-way merge: what the template rendered
 * then, what it renders now, and what is checked out.
 *
 * @throws UpdateError when nobody knows what the template rendered then
 */
export async function planUpdate(
  repository: GeneratedRepository,
  record: TemplateRecord,
  { version, answers, directory = projectDirectory }: UpdateRequest,
): Promise<UpdatePlan> {
  const folder = await mkdtemp(join(tmpdir(), 'etl-update-'));
  try {
    const base = await baseOf(repository, record, { directory, folder: join(folder, 'base') });
    const next = { folder: join(folder, 'next'), version };
    await render(directory, answers, next.folder);
    const merged = await repository.merge(base, next);
    return { from: record.version, to: version, changedAnswers: differences(record.answers, answers), merged };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function baseOf(
  repository: GeneratedRepository,
  record: TemplateRecord,
  { directory, folder }: { readonly directory: string; readonly folder: string },
): Promise<string> {
  const { version, answers } = record;
  if (await renderVersion(version, answers, folder, directory)) {
    return commitFolder(repository.folder, folder, `Rendering of version ${version}`);
  }
  const stored = await repository.storedRendering(record);
  if (stored !== undefined) return stored;
  throw new UpdateError(
    `Nobody knows what version ${version} of the template rendered: it has no tag v${version} here, and the first commit of the repository is not what it rendered.\nFetch the tags of the template: git fetch --tags.`,
  );
}

function differences(before: Answers, after: Answers): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !isDeepStrictEqual(before[name], after[name])).toSorted();
}
