import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { everyFieldOf } from '../../../scripts/template/answers.ts';
import { projectDirectory, readTemplate } from '../../../scripts/template/definition.ts';
import { codeIn, readPage, rowsOf } from './pages.ts';

const template = readTemplate();
const LONG_LIST = 20;

describe('docs/reference/answers.md', () => {
  const text = readPage('docs/reference/answers.md');

  it.each(template.spec.parameters)('has the answers of the page $title, their choices and defaults', (page) => {
    const rows = new Map(rowsOf(text, page.title).map(([name = '', ...cells]) => [codeIn(name)[0], cells]));
    const fields = everyFieldOf(page);
    expect([...rows.keys()].toSorted()).toEqual([...fields.keys()].toSorted());
    for (const [name, field] of fields) {
      const [allowed = '', standard = ''] = rows.get(name) ?? [];
      const choices = field.enum ?? field.items?.enum;
      if (choices !== undefined && choices.length < LONG_LIST) expect(codeIn(allowed), name).toEqual(choices);
      const [given] = codeIn(standard);
      if (field.default !== undefined) expect(given && parse(given), name).toEqual(field.default);
      else expect(standard, name).toBe(page.required.includes(name) ? 'required' : 'none');
    }
  });
});

describe('docs/reference/overlays.md', () => {
  it('has the overlays that template.yaml copies, and the answers that decide about them', () => {
    const rows = rowsOf(readPage('docs/reference/overlays.md'));
    const documented = new Map(rows.map(([overlay = '', condition = '']) => [codeIn(overlay)[0], condition]));
    const steps = template.spec.steps.filter(({ action }) => action.startsWith('fetch:'));
    const copied = steps.map(({ input, if: condition = '' }) => {
      const overlay = String(input.url).replace('./skeleton/', '');
      return [overlay.replace(/\$\{\{ parameters\.(\w+) \}\}/g, '<$1>'), condition] as const;
    });
    expect([...documented.keys()].toSorted()).toEqual(copied.map(([overlay]) => overlay).toSorted());
    for (const [overlay, condition] of copied) {
      for (const [, answer = ''] of condition.matchAll(/parameters\.(\w+)/g)) {
        expect(codeIn(documented.get(overlay) ?? ''), overlay).toContain(answer);
      }
      if (!overlay.includes('<')) expect(existsSync(join(projectDirectory, 'skeleton', overlay)), overlay).toBe(true);
    }
  });
});

it('package, template and changelog have the same version', () => {
  const { version } = JSON.parse(readPage('package.json'));
  const [base] = template.spec.steps;
  expect(base?.input.values).toMatchObject({ templateVersion: version });
  expect(/^## (\S+)/m.exec(readPage('CHANGELOG.md'))?.[1]).toBe(version);
});
