import type { Problem } from './problem.ts';
import type { RepositoryFiles } from './repository-files.ts';

interface LeftOver {
  readonly pattern: RegExp;
  readonly message: string;
  /** Files in which it means something else. */
  readonly belongs?: RegExp;
}

const CODE = /\.(ts|js|hbs)$/;

const LEFT_OVERS: readonly LeftOver[] = [
  { pattern: /\{%|%\}/, message: 'is a block of the template' },
  { pattern: /\$\{\{[^}]*\b(values|parameters)\b/, message: 'is an expression of the template' },
  { pattern: /\$\{\{/, message: 'is an expression of the template', belongs: /^\.github\// },
  {
    // Handlebars, messages of Datadog, Airflow's Jinja, and the documents that explain them.
    pattern: /(?<!\$)\{\{/,
    message: 'is an expression of another template',
    belongs: /\.(ts|js|hbs|py)$|^\.github\/|^deploy\/datadog\/|^docs\//,
  },
  { pattern: /\[object Object\]/, message: 'is a value that cannot be written as text', belongs: CODE },
  { pattern: /\b(undefined|NaN)\b/, message: 'is a value that is missing', belongs: /\.(ts|js|hbs|md)$/ },
  { pattern: /(?<=[:=|*] *)(undefined|NaN) *(\||$)/, message: 'is a value that is missing', belongs: CODE },
  { pattern: /\]\(\)|\bhttps?:\/\/(\/|[\s"')]|$)/, message: 'is a link without an address', belongs: CODE },
];

/**
 * Finds what a template leaves behind: delimiters, values that are none, links that lead nowhere.
 *
 * @param answers text of the answers; what they contain themselves proves nothing
 */
export function findLeftOvers(files: RepositoryFiles, answers: string): Problem[] {
  const telling = LEFT_OVERS.filter(({ pattern }) => !pattern.test(answers));
  const problems: Problem[] = [];
  for (const [path, text] of files) {
    if (path.endsWith('.njk')) problems.push({ path, message: 'is a template that was not rendered' });
    if (/\$\{|[{%]\{/.test(path)) problems.push({ path, message: 'has a name that was not rendered' });
    const rules = telling.filter(({ belongs }) => belongs?.test(path) !== true);
    for (const [index, line] of linesOf(path, text ?? '').entries()) {
      const found = rules.map(({ pattern, message }) => ({ at: pattern.exec(line), message })).find(({ at }) => at);
      if (found?.at != null)
        problems.push({ path, line: index + 1, message: `${excerpt(line, found.at.index)} ${found.message}` });
    }
  }
  return problems;
}

/** Code in documents is an example: lines of it are empty here. */
function linesOf(path: string, text: string): string[] {
  if (!path.endsWith('.md')) return text.split('\n');
  const prose = text.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, (block) => '\n'.repeat(block.split('\n').length - 1));
  return prose.split('\n').map((line) => line.replaceAll(/`[^`]*`/g, ''));
}

function excerpt(line: string, at: number): string {
  const text = line.slice(at, at + 40).trim();
  return at + 40 < line.length ? `${text}…` : text;
}
