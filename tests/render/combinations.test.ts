import { readFileSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { completeAnswers } from '../../scripts/template/answers.ts';
import { isChosen, renderStep } from '../../scripts/template/rendering.ts';
import { allCombinations, describeAnswers, pairwiseCombinations } from './answers.ts';
import { expectedOverlays, filesOf, renderedPath, skeleton } from './overlays.ts';
import { readTree } from './read-tree.ts';
import { localTemplate, renderInProcess, temporaryFolder } from './renderer.ts';
import { renderTexts } from './texts.ts';

const LEFT_OVER =
  /\$\{\{(?! *(github|secrets|env|steps|matrix|inputs|needs|vars|runner)\b)|\{%|%\}|(?<!\{)\{#|\bundefined\b|\bNaN\b|\[object Object\]/;

const folder = temporaryFolder();
const repository = join(folder, 'repository');
afterAll(() => rm(folder, { recursive: true, force: true }));

const checked = new Set<string>();

function checkText(path: string, content: string): void {
  // Most combinations share most of their files.
  const file = `${path} ${content}`;
  if (checked.has(file)) return;
  expect(
    content.split('\n').find((line) => LEFT_OVER.test(line)),
    path,
  ).toBeUndefined();
  expect(content, `${path}: one line end at the end, and no \\r`).toMatch(/^[^\r\ufeff]*[^\s]\n$/);
  if (/\.ya?ml$/.test(path)) {
    for (const document of parseAllDocuments(content)) expect(document.errors, path).toEqual([]);
  }
  if (path.endsWith('.json')) expect(() => JSON.parse(content), path).not.toThrow();
  checked.add(file);
}

describe('every combination of answers', () => {
  it.each(allCombinations().map((answers) => [describeAnswers(answers), answers] as const))('%s', (_, given) => {
    const answers = completeAnswers(localTemplate, given);
    const chosen = localTemplate.spec.steps.filter((step) => isChosen(step, answers));
    const fetched = chosen.map(({ input }) => String(renderStep(input.url, answers)).replace('./skeleton/', ''));
    expect(fetched.sort()).toEqual(expectedOverlays(given).sort());
    const paths = expectedOverlays(given).flatMap((overlay) =>
      filesOf(overlay).map((path) => renderedPath(path, given)),
    );
    expect(paths.length, 'no path is in two overlays').toBe(new Set(paths).size);
    for (const [path, text] of renderTexts(given)) checkText(path, text);
  });
});

describe('the actions of the scaffolder make it, for every two answers', () => {
  const some = pairwiseCombinations();

  it('which takes every overlay', () => {
    const overlays = (all: typeof some) => [...new Set(all.flatMap(expectedOverlays))].sort();
    expect(overlays(some)).toEqual(overlays(allCombinations()));
  });

  it.each(some.map((answers) => [describeAnswers(answers), answers] as const))('%s', async (_, answers) => {
    await rm(repository, { recursive: true, force: true });
    await renderInProcess(answers, repository);
    const tree = readTree(repository);
    const texts = renderTexts(answers);
    const expected = expectedOverlays(answers).flatMap((overlay) =>
      filesOf(overlay).map((path) => ({ path: renderedPath(path, answers), origin: join(skeleton, overlay, path) })),
    );
    expect([...tree.keys()]).toEqual(expected.map(({ path }) => path).sort());
    for (const { path, origin } of expected) {
      const text = texts.get(path);
      const bytes = text === undefined ? readFileSync(origin) : Buffer.from(text);
      expect(tree.get(path)?.equals(bytes), `${path}, byte for byte`).toBe(true);
      expect(isExecutable(join(repository, path)), `${path}, its executable bit`).toBe(isExecutable(origin));
    }
  });
});

function isExecutable(path: string): boolean {
  return (statSync(path).mode & 0o100) !== 0;
}

it('workflows are no templates: their expressions are those of GitHub', () => {
  const workflows = filesOf('base').filter((path) => path.startsWith('.github/'));
  expect(workflows.length).toBeGreaterThan(1);
  const expressions = workflows.flatMap((path) => {
    expect(path).not.toMatch(/\.njk$/);
    return [...readFileSync(join(skeleton, 'base', path), 'utf8').matchAll(/\$\{\{ *(\w+)/g)].map(
      ([, object]) => object,
    );
  });
  expect(expressions).toContain('github');
});
