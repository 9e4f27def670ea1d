import type { TemplateAction } from '@backstage/plugin-scaffolder-node';
import { parse } from 'yaml';
import { z } from 'zod';
import type { ScaffolderClient } from '../../../scripts/template/scaffolder-client.ts';

const stepSchema = z.looseObject({ id: z.string(), action: z.string() });
export type ExampleStep = z.infer<typeof stepSchema>;
const exampleSchema = z.object({ steps: z.array(stepSchema) });

/** A template of single steps, as the scaffolder takes it. */
export function templateOf(steps: readonly unknown[], output: Readonly<Record<string, string>> = {}) {
  return {
    apiVersion: 'scaffolder.backstage.io/v1beta3',
    kind: 'Template',
    metadata: { name: 'example' },
    spec: { type: 'service', owner: 'data-platform', steps, output },
  };
}

/** The examples of an action, with their steps. */
export function examplesOf({ examples = [] }: Pick<TemplateAction, 'examples'>) {
  return examples.map(({ description, example }) => ({ description, ...exampleSchema.parse(parse(example)) }));
}

/**
 * Runs steps in a real scaffolder, as a dry run, behind those that bring the workspace.
 *
 * @returns what the last step gave, by name
 */
export async function runSteps(
  client: ScaffolderClient,
  {
    before,
    steps,
    outputs,
    files,
  }: {
    readonly before: readonly unknown[];
    readonly steps: readonly ExampleStep[];
    readonly outputs: readonly string[];
    readonly files: ReadonlyMap<string, Buffer>;
  },
) {
  const last = steps.at(-1)?.id;
  const output = Object.fromEntries(outputs.map((name) => [name, `\${{ steps['${last}'].output.${name} }}`]));
  return client.dryRun({ template: templateOf([...before, ...steps], output), answers: {}, files });
}
