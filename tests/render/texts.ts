import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEntityRef } from '@backstage/catalog-model';
import { parseRepoUrl } from '@backstage/plugin-scaffolder-node';
import { createTemplateRenderer, type TemplateFilter, type TemplateValue } from 'nunjitsu';
import { type Answers, completeAnswers } from '../../scripts/template/answers.ts';
import { integrations, renderStep } from '../../scripts/template/rendering.ts';
import type { Chosen } from './answers.ts';
import { expectedOverlays, filesOf, skeleton } from './overlays.ts';
import { localTemplate } from './renderer.ts';

/** The filters of Backstage that the templates of the skeleton use. */
const FILTERS: Readonly<Record<string, TemplateFilter>> = {
  parseRepoUrl: (url) => ({ ...parseRepoUrl(String(url), integrations) }) as TemplateValue,
  parseEntityRef: (reference, context) => ({ ...parseEntityRef(String(reference), context as object) }),
};

/** A template of the skeleton: its path ends in `.njk`. */
export interface Template {
  readonly overlay: string;
  readonly path: string;
  readonly source: string;
}

const templatesByOverlay = new Map<string, readonly Template[]>();

/** The templates among the files of an overlay. */
export function templatesOf(overlay: string): readonly Template[] {
  const known = templatesByOverlay.get(overlay);
  if (known !== undefined) return known;
  const templates = filesOf(overlay)
    .filter((path) => path.endsWith('.njk'))
    .map((path) => ({ overlay, path, source: readFileSync(join(skeleton, overlay, path), 'utf8') }));
  templatesByOverlay.set(overlay, templates);
  return templates;
}

/** What the steps pass on to the templates for these answers. */
export function valuesFor(given: Answers): Answers {
  const base = localTemplate.spec.steps.find(({ id }) => id === 'base');
  return renderStep(base?.input.values, completeAnswers(localTemplate, given)) as Answers;
}

/** What a template can see of the values, as text: the same makes the same text. */
function seenBy({ path, source }: Template, values: Answers): string {
  const names = new Set([...`${path}${source}`.matchAll(/\bvalues\b(?:\.(\w+))?/g)].map(([, name]) => name));
  if (names.has(undefined)) return JSON.stringify(values);
  return JSON.stringify([...names].map((name) => values[name ?? '']));
}

const rendered = new Map<string, string>();

interface TextOptions {
  readonly filters?: Readonly<Record<string, TemplateFilter>>;
  /** The source of a template, when it is another one than that of the skeleton. */
  readonly sourceOf?: (template: Template) => string;
}

/**
 * The files that are rendered for these answers, by their paths in the repository: by the engine of the scaffolder alone,
 * which is a hundred times as fast as its actions. What the actions make of the answers is the same, byte for byte:
 * combinations.test.ts.
 */
export function renderTexts(given: Chosen, { filters, sourceOf }: TextOptions = {}): Map<string, string> {
  const renderer = createTemplateRenderer({ filters: { ...FILTERS, ...filters }, allowRegexExecution: true });
  const values = valuesFor(given);
  const context = renderer.prepareContext({ values: values as TemplateValue });
  const textOf = (template: Template): string => {
    if (sourceOf !== undefined) return renderer.render(sourceOf(template), context);
    const key = `${template.overlay}/${template.path} ${seenBy(template, values)}`;
    const text = rendered.get(key) ?? renderer.render(template.source, context);
    rendered.set(key, text);
    return text;
  };
  return new Map(
    expectedOverlays(given)
      .flatMap(templatesOf)
      .map((template) => [renderer.render(template.path.slice(0, -'.njk'.length), context), textOf(template)]),
  );
}

/** All files that a repository with these answers has, as text. */
export function textsOf(given: Chosen): Map<string, string> {
  const copied = expectedOverlays(given).flatMap((overlay) =>
    filesOf(overlay)
      .filter((path) => !path.endsWith('.njk'))
      .map((path): [string, string] => [path, copiedText(join(skeleton, overlay, path))]),
  );
  return new Map([...copied, ...renderTexts(given)]);
}

const copiedTexts = new Map<string, string>();

function copiedText(file: string): string {
  const text = copiedTexts.get(file) ?? readFileSync(file, 'utf8');
  copiedTexts.set(file, text);
  return text;
}
