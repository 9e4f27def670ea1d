import { existsSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readTemplate, withoutRemote } from '../../../scripts/template/definition.ts';
import { renderTemplate } from '../../../scripts/template/rendering.ts';
import { carryOver, parseSetting } from '../../../scripts/update/answers.ts';
import { GeneratedRepository } from '../../../scripts/update/generated-repository.ts';
import { git } from '../../../scripts/update/git.ts';
import { migrateAnswers, migrationsBetween } from '../../../scripts/update/migrations/index.ts';
import { planUpdate, type UpdatePlan } from '../../../scripts/update/plan-update.ts';
import { versionOf } from '../../../scripts/update/template-versions.ts';
import { UpdateError } from '../../../scripts/update/update-error.ts';
import { checkRepository } from '../check/check-repository.ts';
import type { TemplateFolders } from './template-source.ts';

interface UpdateOptions {
  /** Other answers, as `name=value`. */
  readonly settings: readonly string[];
  /** Brings the template to this machine, as it is now and as it was at a version. */
  readonly fetch: (version: string) => Promise<TemplateFolders>;
}

/**
 * Brings the files of a repository to the newest version of the template, or to other answers. They need not be a git
 * repository: what Backstage fetches is none.
 *
 * @throws UpdateError when this template did not make it, or nobody knows what it rendered then
 */
export async function updateWorkspace(folder: string, { settings, fetch }: UpdateOptions): Promise<UpdatePlan> {
  const fetched = !existsSync(join(folder, '.git'));
  if (fetched) await commitAll(folder);
  try {
    const repository = await GeneratedRepository.open(folder);
    await repository.requireClean();
    const record = await repository.record();
    const { directory, previousDirectory } = await fetch(record.version);
    const template = withoutRemote(readTemplate(directory));
    if (record.template !== template.metadata.name) {
      throw new UpdateError(`It was made by the template ${record.template}, this is ${template.metadata.name}.`);
    }
    const version = versionOf(template);
    const before = migrateAnswers(record.answers, migrationsBetween(record.version, version));
    const changes = Object.assign({}, ...settings.map((setting) => parseSetting(template, setting)));
    const plan = await planUpdate(repository, record, {
      version,
      answers: carryOver(template, before, changes),
      directory,
      previousDirectory,
      renderer: async (from, answers, target) => {
        await renderTemplate(from, answers, target);
        if (from === directory) await checkRepository(target);
      },
    });
    if (plan.merged.changes.length > 0) await repository.checkOut(plan.merged);
    return plan;
  } finally {
    if (fetched) await rm(join(folder, '.git'), { recursive: true, force: true });
  }
}

/** Copies the files that an update added or changed: a pull request of these alone shows what there is to review. */
export async function copyChanges(folder: string, { merged }: UpdatePlan, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const { path, change } of merged.changes) {
    if (change === 'deleted') continue;
    await mkdir(dirname(join(target, path)), { recursive: true });
    await cp(join(folder, path), join(target, path), { verbatimSymlinks: true });
  }
}

async function commitAll(folder: string): Promise<void> {
  await git(folder, ['init', '--quiet', '--initial-branch', 'main']);
  // An empty first commit: what was fetched is not taken for what the template rendered first.
  await git(folder, ['commit', '--quiet', '--no-verify', '--allow-empty', '--message', 'Nothing']);
  await git(folder, ['add', '--all', '--force']);
  await git(folder, ['commit', '--quiet', '--no-verify', '--message', 'What was fetched']);
}
