import { PREVIOUS_RELEASE } from '../../../scripts/release/previous-release.ts';
import type { Answers } from '../../../scripts/template/answers.ts';
import { readTemplate, type TemplateDefinition, withoutRemote } from '../../../scripts/template/definition.ts';
import { renderSteps } from '../../../scripts/template/rendering.ts';
import { carryOver } from '../../../scripts/update/answers.ts';
import { migrateAnswers, migrationsBetween } from '../../../scripts/update/migrations/index.ts';
import { planUpdate, type UpdatePlan } from '../../../scripts/update/plan-update.ts';
import { versionOf } from '../../../scripts/update/template-versions.ts';
import { localTemplate } from '../renderer.ts';
import { git, TeamRepository } from './team-repository.ts';

/** The template as it was released last, and what it made. */
export class PreviousRelease {
  /** Where it is checked out. */
  readonly folder: string;
  readonly version: string;
  readonly template: TemplateDefinition;

  constructor(folder: string) {
    this.folder = folder;
    new TeamRepository(folder);
    git(folder, 'fetch', '--quiet', PREVIOUS_RELEASE, 'refs/tags/*:refs/tags/*');
    this.version = git(folder, 'tag').trim().slice(1);
    git(folder, 'checkout', '--quiet', `v${this.version}`);
    this.template = withoutRemote(readTemplate(folder));
  }

  /** A repository with its first commit, as the scaffolder makes it. Answers to questions that came later are left out. */
  async create(folder: string, given: Answers): Promise<TeamRepository> {
    const repository = new TeamRepository(folder);
    const answers = carryOver(this.template, given, {});
    await renderSteps(this.template, answers, folder, { directory: this.folder });
    repository.commit('Create');
    return repository;
  }
}

interface Update extends UpdatePlan {
  readonly answers: Answers;
}

interface UpdateOptions {
  /** Other answers than before. */
  readonly changes?: Answers;
  /** Where the template is as it made the repository; default: what the repository knows of it. */
  readonly previous?: PreviousRelease;
}

/** Brings a repository to the template as it is now. */
export async function updateToHead(
  team: TeamRepository,
  { changes = {}, previous }: UpdateOptions = {},
): Promise<Update> {
  const repository = await team.open();
  const record = await repository.record();
  const version = versionOf(localTemplate);
  const before = migrateAnswers(record.answers, migrationsBetween(record.version, version));
  const answers = carryOver(localTemplate, before, changes);
  const plan = await planUpdate(repository, record, { version, answers, previousDirectory: previous?.folder });
  if (plan.merged.changes.length > 0) await repository.checkOut(plan.merged);
  return { ...plan, answers };
}
