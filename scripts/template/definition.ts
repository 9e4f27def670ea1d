import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

/** Where template.yaml and skeleton/ are. */
export const projectDirectory = resolve(import.meta.dirname, '../..');

const Choices = z.looseObject({
  type: z.enum(['string', 'integer', 'number', 'boolean', 'array']).optional(),
  enum: z.array(z.string()).optional(),
  enumNames: z.array(z.string()).optional(),
  pattern: z.string().optional(),
  errorMessage: z.string().optional(),
});

const Field = Choices.extend({
  title: z.string(),
  description: z.string(),
  default: z.unknown().optional(),
  items: Choices.optional(),
  minItems: z.number().optional(),
  maxItems: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  'ui:widget': z.string().optional(),
});

const Branch = z.looseObject({ properties: z.record(z.string(), z.union([Field, Choices])) });

const Condition = z.looseObject({
  /** `$comment` is the condition in words, to say why a question is not asked. */
  if: z.looseObject({ $comment: z.string() }),
  // biome-ignore lint/suspicious/noThenProperty: it is a keyword of JSON Schema
  then: z.looseObject({ properties: z.record(z.string(), Field) }),
});

const Page = z.looseObject({
  title: z.string(),
  description: z.string(),
  required: z.array(z.string()).default([]),
  properties: z.record(z.string(), Field),
  dependencies: z.record(z.string(), z.object({ oneOf: z.array(Branch) })).default({}),
  allOf: z.array(Condition).optional(),
});

const Step = z.looseObject({
  id: z.string(),
  name: z.string(),
  action: z.string(),
  if: z.string().optional(),
  input: z.record(z.string(), z.unknown()),
});

const Definition = z.looseObject({
  apiVersion: z.literal('scaffolder.backstage.io/v1beta3'),
  kind: z.literal('Template'),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({ parameters: z.array(Page), steps: z.array(Step) }),
});

/** One question of the wizard: a JSON Schema with what the form shows. */
export type Field = z.infer<typeof Field>;
/** One page of the wizard. */
export type Page = z.infer<typeof Page>;
export type Step = z.infer<typeof Step>;
export type TemplateDefinition = z.infer<typeof Definition>;

/** Reads template.yaml, the only place that says what is asked, allowed and done, of this version or of another one. */
export function readTemplate(directory = projectDirectory): TemplateDefinition {
  return Definition.parse(parse(readFileSync(resolve(directory, 'template.yaml'), 'utf8')));
}

/** The template as the catalog would hand it to the scaffolder. */
export function toEntity(template: TemplateDefinition, directory = projectDirectory) {
  const location = pathToFileURL(resolve(directory, 'template.yaml')).href;
  return {
    ...template,
    metadata: {
      ...template.metadata,
      namespace: 'default',
      annotations: {
        'backstage.io/managed-by-location': `url:${location}`,
        'backstage.io/source-location': `url:${location}`,
      },
    },
  };
}

const REMOTE_ACTIONS = ['publish:', 'catalog:register'];

/**
 * The template for a folder on this machine: the steps that need a repository server or a catalog, and the links to
 * them, are left out, and the location of the repository need not be known yet.
 */
export function withoutRemote(template: TemplateDefinition): TemplateDefinition {
  const { output: _, ...spec } = template.spec;
  const remote = (step: Step) => REMOTE_ACTIONS.some((action) => step.action.startsWith(action));
  return {
    ...template,
    spec: {
      ...spec,
      steps: spec.steps.filter((step) => !remote(step)),
      parameters: spec.parameters.map((page) => ({
        ...page,
        required: page.required.filter((name) => name !== 'repoUrl'),
      })),
    },
  };
}
