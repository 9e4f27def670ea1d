import type { UpdatePlan } from '../../../scripts/update/plan-update.ts';

/** Longer lists of files are cut: the pull request shows them all. */
const LONG_LIST = 50;

/** The title of a pull request, in one line. */
export function titleOf({ from, to, changedAnswers }: UpdatePlan): string {
  if (from !== to) return `Update the ETL pipeline template from ${from} to ${to}`;
  if (changedAnswers.length > 0) return `Change the answers to ${changedAnswers.join(', ')}`;
  return `Bring the files to version ${to} of the ETL pipeline template`;
}

/** What a pull request says, in Markdown: versions, what has to be solved, what was moved, and all files. */
export function describeUpdate({ from, to, changedAnswers, merged }: UpdatePlan): string {
  const { changes, conflicts, migrations } = merged;
  if (changes.length === 0)
    return `The repository is what version ${to} of the template makes of it. There is nothing to do.`;
  const answers = changedAnswers.length === 0 ? 'the same' : `other ones to ${changedAnswers.map(code).join(', ')}`;
  return [
    `| | |\n|---|---|\n| Version of the template | ${from === to ? to : `${from} → ${to}`} |\n| Answers | ${answers} |`,
    'What the template changed is merged with what was changed in this repository.',
    ...section(
      `Conflicts (${conflicts.length})`,
      conflicts.map(code),
      'Both changed the same lines of these files. The marks of git (`<<<<<<<`) show both: solve them on this branch before you merge it. In `package-lock.json`, `npm install` does.',
    ),
    ...section(
      `Migrations (${migrations.length})`,
      migrations.map(({ description, paths }) => `${description} ${paths.map(code).join(', ')}`),
    ),
    ...section(
      `Files (${changes.length})`,
      changes.map(({ change, path }) => `${change} ${code(path)}`),
    ),
    'Then: `npm ci`, `npm run check`, `npm test`.',
  ].join('\n\n');
}

function section(title: string, items: readonly string[], text?: string): string[] {
  if (items.length === 0) return [];
  const shown = items.slice(0, LONG_LIST).map((item) => `- ${item}`);
  if (items.length > shown.length) shown.push(`- and ${items.length - shown.length} more`);
  return [`### ${title}`, ...(text === undefined ? [] : [text]), shown.join('\n')];
}

function code(text: string): string {
  return `\`${text}\``;
}
