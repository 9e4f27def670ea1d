import { relative, resolve } from 'node:path';
import { Command, CommanderError } from '@commander-js/extra-typings';
import { type Answers, InvalidAnswersError } from './template/answers.ts';
import { readTemplate, withoutRemote } from './template/definition.ts';
import { askQuestions, CancelledError } from './template/prompts.ts';
import { carryOver, newQuestions, parseSetting, SettingError } from './update/answers.ts';
import { type AppliedMigration, GeneratedRepository, UpdateError } from './update/generated-repository.ts';
import { migrateAnswers, migrationsBetween } from './update/migrations/index.ts';
import { planUpdate, type UpdatePlan } from './update/plan-update.ts';
import { versionOf } from './update/template-versions.ts';

/** Exit codes beside 0. */
const FAILED = 1;
const BEHIND = 2;
const CONFLICTS = 3;
const USAGE = 64;

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

const command = new Command('update')
  .description(
    'Brings a repository that the template made to its newest version, or to other answers, by a three-way merge.',
  )
  .argument('<folder>', 'the repository')
  .option('--set <name=value>', 'another answer, such as sinks=delta,postgres; more than once: several', collect, [])
  .option('--check', `only tell whether the repository is behind: exit code ${BEHIND} if it is`)
  .option('--diff', 'only show what would change')
  .option('--json', 'tell it as JSON')
  .exitOverride()
  .configureOutput({ outputError: (message, write) => write(message) });

try {
  process.exit(await update());
} catch (error) {
  process.exit(report(error));
}

async function update(): Promise<number> {
  const [given] = command.parse().processedArgs;
  const { set, check = false, diff = false, json = false } = command.opts();
  const template = withoutRemote(readTemplate());
  const changes: Answers = Object.assign({}, ...set.map((setting) => parseSetting(template, setting)));
  const repository = await GeneratedRepository.open(resolve(process.env.INIT_CWD ?? process.cwd(), given));
  const record = await repository.record();
  if (record.template !== template.metadata.name) {
    throw new UpdateError(`${given} was made by the template ${record.template}, this is ${template.metadata.name}.`);
  }
  if (!check && !diff) {
    if (await repository.takeBackInterrupted())
      process.stderr.write(`An earlier update of ${given} was interrupted: what it had written was taken back.\n`);
    await repository.requireClean();
  }
  const version = versionOf(template);
  const before = migrateAnswers(record.answers, migrationsBetween(record.version, version));
  const questions = newQuestions(template, { ...before, ...changes });
  const asked = check || diff || json || !process.stdin.isTTY ? {} : await askQuestions(questions);
  const answers = carryOver(template, before, { ...asked, ...changes });
  const plan = await planUpdate(repository, record, { version, answers });
  const behind = plan.merged.changes.length > 0;
  if (!check && !diff) await apply(repository, plan);
  if (json) process.stdout.write(`${JSON.stringify(summaryOf(plan), undefined, 2)}\n`);
  else if (diff) process.stdout.write(await differenceOf(repository, plan));
  else process.stdout.write(storyOf(plan, { folder: repository.folder, check }));
  if (check) return behind ? BEHIND : 0;
  return !diff && plan.merged.conflicts.length > 0 ? CONFLICTS : 0;
}

/** From here on files are written: a request to stop waits until that is done. */
async function apply(repository: GeneratedRepository, { merged }: UpdatePlan): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  if (merged.changes.length > 0) await repository.checkOut(merged);
}

function summaryOf({ from, to, changedAnswers, merged }: UpdatePlan) {
  const { migrations, changes, conflicts } = merged;
  return { from, to, changedAnswers, migrations, changes, conflicts };
}

/** A patch; the migrations stand in front of it, where `git apply` reads over them. */
async function differenceOf(repository: GeneratedRepository, { merged }: UpdatePlan): Promise<string> {
  return merged.migrations.map(describeMigration).join('') + (await repository.difference(merged));
}

function describeMigration({ version, description, paths }: AppliedMigration): string {
  return `  migrated ${description} (${version}: ${paths.join(', ')})\n`;
}

function storyOf(
  { from, to, changedAnswers, merged }: UpdatePlan,
  { folder, check }: { folder: string; check: boolean },
): string {
  const { migrations, changes, conflicts } = merged;
  const versions = from === to ? `version ${to}` : `version ${from} to ${to}`;
  if (changes.length === 0)
    return `Nothing to do: ${folder} is what ${versions} makes of its answers, and what you made of that.\n`;
  const answers = changedAnswers.length === 0 ? '' : `, with other answers to ${changedAnswers.join(', ')}`;
  const files = changes.map(
    ({ change, path }) => `  ${change.padEnd(8)} ${path}${conflicts.includes(path) ? '   CONFLICT' : ''}`,
  );
  const begin = `${check ? 'Behind' : 'Updated'}: ${versions}${answers}\n${migrations.map(describeMigration).join('')}${files.join('\n')}\n`;
  if (check) return begin;
  const inside = relative(process.env.INIT_CWD ?? process.cwd(), folder) || '.';
  const undo = `To undo all of it: git -C ${inside} reset --hard HEAD`;
  if (conflicts.length === 0)
    return `${begin}\nNothing is committed yet. Look at it with git diff --staged, run npm ci and npm test, then commit.\n${undo}\n`;
  return `${begin}\n${conflicts.length} files have conflicts, marked as git marks them: edit them, git add, npm install, npm test, then commit.\n${undo}\n`;
}

/** Says what went wrong and returns the exit code for it. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
  if (error instanceof CancelledError) return USAGE;
  if (error instanceof InvalidAnswersError) {
    process.stderr.write(
      `The answers are not valid; nothing was touched.\n${error.problems.map((problem) => `  ${problem}\n`).join('')}`,
    );
    return USAGE;
  }
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  return error instanceof UpdateError || error instanceof SettingError ? USAGE : FAILED;
}
