import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { templateEntityV1beta3Validator } from '@backstage/plugin-scaffolder-common';
import { Ajv } from 'ajv';
import { createTemplateRenderer } from 'nunjitsu';
import { describe, expect, it } from 'vitest';
import { completeAnswers, everyFieldOf } from '../../scripts/template/answers.ts';
import { projectDirectory, readTemplate, toEntity } from '../../scripts/template/definition.ts';
import { renderStep } from '../../scripts/template/rendering.ts';
import { allCombinations, pairwiseCombinations } from './answers.ts';
import { expectedOverlays, filesOf, skeleton } from './overlays.ts';
import { localTemplate } from './renderer.ts';

const template = readTemplate();
const { parameters: pages, steps } = template.spec;

/** Fields of all pages, with those that an answer brings in. */
const fields = new Map(pages.flatMap((page) => [...everyFieldOf(page)]));

const values = steps.find(({ id }) => id === 'base')?.input.values as Record<string, string>;
const templates = [...new Set(allCombinations().flatMap(expectedOverlays))].flatMap((overlay) =>
  filesOf(overlay)
    .filter((path) => path.endsWith('.njk'))
    .map((path) => ({ path, text: readFileSync(join(skeleton, overlay, path), 'utf8') + path })),
);

function references(text: string, object: string): string[] {
  return [...text.matchAll(new RegExp(`\\b${object}\\.([A-Za-z]+)`, 'g'))].map(([, name = '']) => name);
}

it('is a template that the catalog accepts', async () => {
  expect(await templateEntityV1beta3Validator.check(JSON.parse(JSON.stringify(toEntity(template))))).toBe(true);
});

it('carries the version of the project', () => {
  const project = JSON.parse(readFileSync(join(projectDirectory, 'package.json'), 'utf8'));
  expect(values.templateVersion).toBe(project.version);
  expect(values.templateName).toBe(template.metadata.name);
});

describe('each field', () => {
  it.each([...fields])('%s says what it is, what is allowed and what it is without an answer', (name, field) => {
    expect(field.title).toMatch(/^[A-Z]/);
    expect(field.description).toMatch(/\.$/);
    const required = pages.some((page) => page.required.includes(name));
    const optional = name === 'system';
    expect(required || optional || field.default !== undefined, 'has a default').toBe(true);
    const { enum: choices, pattern, maximum, maxItems } = field;
    const restricted = choices ?? pattern ?? maximum ?? maxItems ?? field.items?.enum ?? field.items?.pattern;
    expect(restricted, 'has a pattern or an enum').toBeDefined();
    for (const part of [field, field.items ?? {}]) {
      if ('pattern' in part) expect(part.errorMessage, 'a pattern is explained').toBeDefined();
      if (part.enumNames !== undefined) expect(part.enumNames).toHaveLength(part.enum?.length ?? 0);
    }
    // An unknown field extension silently becomes a text box without a label.
    const own = ['EtlPipelineName', 'EtlPipelineSchedule', 'EtlPipelineTimeZone'];
    expect([undefined, 'OwnerPicker', 'EntityPicker', 'RepoUrlPicker', ...own]).toContain(field['ui:field']);
    expect([undefined, 'checkboxes', 'radio', 'hidden']).toContain(field['ui:widget']);
  });

  it('is a JSON Schema', () => {
    const ajv = new Ajv({ strict: false });
    for (const page of pages) expect(ajv.validateSchema(page), JSON.stringify(ajv.errors)).toBe(true);
  });
});

describe('fields, steps and skeleton agree', () => {
  it('each field is passed on, and each value comes from a field', () => {
    const passed = Object.values(values).flatMap((value) => references(value, 'parameters'));
    expect([...new Set(passed)].sort()).toEqual([...fields.keys()].sort());
  });

  it('each value that a template of the skeleton uses exists', () => {
    for (const { path, text } of templates) {
      for (const name of references(text, 'values')) expect(Object.keys(values), path).toContain(name);
    }
  });

  it('each value is used, except by fields that offer no choice yet', () => {
    const used = new Set([
      ...templates.flatMap(({ text }) => references(text, 'values')),
      ...steps.flatMap(({ if: condition = '', input }) => references(condition + input.url, 'parameters')),
    ]);
    const unused = Object.keys(values).filter((name) => !used.has(name));
    expect(unused.map((name) => fields.get(name)?.['ui:widget'])).toEqual(unused.map(() => 'hidden'));
  });

  it('each step is given the same values', () => {
    const given = steps.flatMap(({ action, input }) => (action === 'fetch:template' ? [input.values] : []));
    expect(given).toEqual(given.map(() => values));
  });

  it('no step keeps an expression: the scaffolder passes on what it cannot render as it is', () => {
    for (const given of pairwiseCombinations()) {
      const answers = completeAnswers(localTemplate, given);
      for (const step of localTemplate.spec.steps) {
        const { values: given = {}, ...input } = renderStep(step.input, answers);
        const { answers: _, ...named } = given as Record<string, unknown>;
        expect(JSON.stringify([named, input])).not.toMatch(/\$\{\{/);
        if (step.if !== undefined) expect(renderStep<unknown>(step.if, answers), step.if).toBeTypeOf('boolean');
      }
    }
  });

  it('the steps that need a server, and the links to what they made, are filled in', () => {
    const answers = completeAnswers(template, { name: 'orders', repoUrl: 'github.com?owner=acme&repo=orders' });
    const address = 'https://github.com/acme/orders';
    const made = {
      publish: { output: { remoteUrl: address, repoContentsUrl: `${address}/blob/main` } },
      register: { output: { entityRef: 'component:default/orders' } },
    };
    const renderer = createTemplateRenderer({ allowRegexExecution: true });
    const context = renderer.prepareContext({ parameters: JSON.parse(JSON.stringify(answers)), steps: made });
    const local = localTemplate.spec.steps.map(({ id }) => id);
    const remote = steps.filter(({ id }) => !local.includes(id)).map(({ input }) => input);
    const texts = stringsIn([remote, template.spec.output]);
    expect(texts.length).toBeGreaterThan(8);
    for (const text of texts) {
      const value = renderer.renderValue(text, context);
      expect(value, text).toBeTypeOf('string');
      expect(value, text).toMatch(/^(?!.*\$\{\{)./);
    }
  });
});

/** All strings in a value, however deep. */
function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}
