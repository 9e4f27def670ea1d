import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Answers } from '../template/answers.ts';
import { projectDirectory } from '../template/definition.ts';
import { renderTemplate } from '../template/rendering.ts';
import { type GeneratedRepository, type MergedTree, type TemplateRecord, UpdateError } from './generated-repository.ts';
import { commitFolder } from './git.ts';
import { compareVersions, migrationsBetween } from './migrations/index.ts';
import { type Render, renderVersion } from './template-versions.ts';

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
  /** Where the template is as it was at the version of the record; default: its tag in `directory`. */
  readonly previousDirectory?: string | undefined;
  /** What renders a template; default: the actions of Backstage's scaffolder. */
  readonly renderer?: Render;
}

/**
 * Finds out what the template as it is now would make of a repository, by a three-way merge: what the template rendered
 * then, what it renders now, and what is checked out; the first and the last after the migrations between their versions.
 *
 * @throws UpdateError when nobody knows what the template rendered then, or a newer one made the repository
 */
export async function planUpdate(
  repository: GeneratedRepository,
  record: TemplateRecord,
  { version, answers, directory = projectDirectory, previousDirectory, renderer = renderTemplate }: UpdateRequest,
): Promise<UpdatePlan> {
  if (compareVersions(record.version, version) > 0) {
    throw new UpdateError(
      `${repository.folder} was made by version ${record.version} of the template, this is ${version}: git pull in the clone of the template.`,
    );
  }
  const folder = await mkdtemp(join(tmpdir(), 'etl-update-'));
  try {
    const source = { directory, previousDirectory, renderer, folder: join(folder, 'base') };
    const base = await baseOf(repository, record, source);
    const next = { folder: join(folder, 'next'), version };
    await renderer(directory, answers, next.folder);
    const merged = await repository.merge(base, next, migrationsBetween(record.version, version));
    return { from: record.version, to: version, changedAnswers: differences(record.answers, answers), merged };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface PreviousTemplate {
  readonly directory: string;
  readonly previousDirectory: string | undefined;
  readonly renderer: Render;
  /** To render into. */
  readonly folder: string;
}

/** The commit of what the template rendered then: as the last update kept it, as its tag renders it, or as it was committed first. */
async function baseOf(
  repository: GeneratedRepository,
  record: TemplateRecord,
  { directory, previousDirectory, renderer, folder }: PreviousTemplate,
): Promise<string> {
  const { version, answers } = record;
  const kept = await repository.keptRendering(record);
  if (kept !== undefined) return kept;
  const rendered =
    previousDirectory === undefined
      ? await renderVersion(version, answers, folder, { directory, renderer })
      : await renderer(previousDirectory, answers, folder).then(() => true);
  if (rendered) return commitFolder(repository.folder, folder, `Rendering of version ${version}`);
  const first = await repository.firstRendering(record);
  if (first !== undefined) return first;
  throw new UpdateError(
    `Nobody knows what version ${version} of the template rendered: it has no tag v${version} here, and the first commit of the repository is not what it rendered.\nFetch the tags of the template: git fetch --tags.`,
  );
}

function differences(before: Answers, after: Answers): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !isDeepStrictEqual(before[name], after[name])).toSorted();
}
