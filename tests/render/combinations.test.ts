import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { completeAnswers } from '../../scripts/template/answers.ts';
import { allCombinations, type Chosen, describeAnswers, distinctSources, pairwiseCombinations } from './answers.ts';
import { expectedOverlays, filesOf, renderedPath, skeleton } from './overlays.ts';
import { readTree } from './read-tree.ts';
import { isChosen, localTemplate, renderInProcess, renderStep, temporaryFolder } from './renderer.ts';

const LEFT_OVER =
  /\$\{\{(?! *(github|secrets|env|steps|matrix|inputs|needs|vars|runner)\b)|\{%|%\}|\bundefined\b|\bNaN\b|\[object Object\]/;

const folder = temporaryFolder();
const repository = join(folder, 'repository');
/** The skeleton with nothing but its templates: files that are only copied take most of the time. */
const templatesOnly = join(folder, 'templates');
const overlays = [...new Set(allCombinations().flatMap(expectedOverlays))];

beforeAll(() => {
  for (const overlay of overlays) {
    mkdirSync(join(templatesOnly, 'skeleton', overlay), { recursive: true });
    for (const path of filesOf(overlay).filter((file) => file.endsWith('.njk'))) {
      const target = join(templatesOnly, 'skeleton', overlay, path);
      mkdirSync(dirname(target), { recursive: true });
      cpSync(join(skeleton, overlay, path), target);
    }
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function render(answers: Chosen, from?: string): Promise<Map<string, Buffer>> {
  await rm(repository, { recursive: true, force: true });
  await renderInProcess(answers, repository, { from });
  return readTree(repository);
}

function checkText(path: string, content: string): void {
  expect(
    content.split('\n').find((line) => LEFT_OVER.test(line)),
    path,
  ).toBeUndefined();
  if (/\.ya?ml$/.test(path)) {
    for (const document of parseAllDocuments(content)) expect(document.errors, path).toEqual([]);
  }
  if (path.endsWith('.json')) expect(() => JSON.parse(content), path).not.toThrow();
}

describe('every combination of answers', () => {
  it.each(allCombinations().map((answers) => [describeAnswers(answers), answers] as const))('%s', async (_, given) => {
    const answers = completeAnswers(localTemplate, given);
    const chosen = localTemplate.spec.steps.filter((step) => isChosen(step, answers));
    const fetched = chosen.map(({ input }) => String(renderStep(input.url, answers)).replace('./skeleton/', ''));
    expect(fetched.sort()).toEqual(expectedOverlays(given).sort());
    for (const [path, bytes] of await render(given, templatesOnly)) checkText(path, bytes.toString('utf8'));
  });
});

describe('each set of sources, and every two answers', () => {
  const some = [...distinctSources(), ...pairwiseCombinations()];
  it.each(some.map((answers) => [describeAnswers(answers), answers] as const))('%s', async (_, answers) => {
    const tree = await render(answers);
    const expected = expectedOverlays(answers).flatMap((overlay) =>
      filesOf(overlay).map((path) => ({ overlay, path })),
    );
    // A path that two overlays have appears twice here.
    expect([...tree.keys()]).toEqual(expected.map(({ path }) => renderedPath(path, answers)).sort());
    for (const { overlay, path } of expected) {
      const bytes = tree.get(renderedPath(path, answers)) ?? Buffer.of();
      if (path.endsWith('.njk')) checkText(path.slice(0, -4), bytes.toString('utf8'));
      else expect(bytes.equals(readFileSync(join(skeleton, overlay, path))), `${path}, byte for byte`).toBe(true);
    }
  });
});

it('renders the same bytes again', async () => {
  for (const answers of pairwiseCombinations()) {
    const first = await render(answers, templatesOnly);
    expect(await render(answers, templatesOnly)).toEqual(first);
  }
});
