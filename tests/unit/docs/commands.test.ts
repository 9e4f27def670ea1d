import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { expect, it } from 'vitest';
import { createProgram } from '../../../skeleton/base/src/runtime/cli/program.ts';
import { codeIn, pages, readPage, rowsOf } from './pages.ts';

const projectScripts = scriptsOf('package.json');
const scripts = { ...projectScripts, ...scriptsOf('skeleton/base/package.json.njk') };

function scriptsOf(path: string): Record<string, string> {
  const [, block = ''] = /"scripts": (\{[^}]*\})/.exec(readPage(path)) ?? [];
  return JSON.parse(block);
}

/** The command that words name, and the words behind its name. */
function find(command: CommandUnknownOpts, words: readonly string[]): [CommandUnknownOpts, readonly string[]] {
  const child = command.commands.find((candidate) => candidate.name() === words[0]);
  return child === undefined ? [command, words] : find(child, words.slice(1));
}

/** What stands in code, in a line or in a block: there an "npm run" is meant to be typed. */
function linesOfCode(text: string): string[] {
  const blocks = [...text.matchAll(/^( *)```\w*\n([\s\S]*?)^\1```$/gm)].flatMap(([, , block = '']) =>
    block.split('\n'),
  );
  return [...blocks, ...codeIn(text.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, ''))];
}

it.each(pages)('%s gives commands that are there', (page) => {
  for (const line of linesOfCode(readPage(page))) {
    const [, name, words = ''] = /(?:^| )npm (?:run )?([\w:-]+)(?: -- ([^#…]+))?/.exec(line) ?? [];
    if (name === undefined || ['ci', 'install', 'pack'].includes(name)) continue;
    expect(Object.keys(scripts), line).toContain(name);
    if (name !== 'pipeline') continue;
    const program = createProgram();
    const [command, rest] = find(program, words.trim().split(/\s+/));
    if (words !== '--help') expect(command, line).not.toBe(program);
    const flags = [...command.options.flatMap(({ long, short }) => [long, short]), '--help'];
    for (const flag of rest.filter((word) => word.startsWith('-'))) expect(flags, line).toContain(flag);
  }
});

it('docs/reference/commands.md has all commands of the project', () => {
  const given = rowsOf(readPage('docs/reference/commands.md')).flatMap(([command = '']) => codeIn(command));
  const names = given.map((code) => /^npm (?:run )?([\w:-]+)$/.exec(code)?.[1]);
  expect(names.toSorted()).toEqual(Object.keys(projectScripts).toSorted());
});
