import { join } from 'node:path';
import type { TemplateAction } from '@backstage/plugin-scaffolder-node';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { createCheckAction } from '../../../backstage/scaffolder/check/action.ts';
import { createUpdateAction } from '../../../backstage/scaffolder/update/action.ts';
import { projectDirectory } from '../../../scripts/template/definition.ts';

const INTRODUCTION = `# Scaffolder actions

The actions of the module \`backstage-plugin-scaffolder-backend-module-etl-pipeline\`; [Register the template](../how-to/register-the-template.md#4-the-module) says how it is
installed. Backstage shows the same on its page *Installed actions*. Both actions support the dry run.
`;

const schema = z.object({
  properties: z.record(
    z.string(),
    z.object({ type: z.string(), description: z.string(), items: z.object({ type: z.string() }).optional() }),
  ),
});

type Described = Pick<TemplateAction, 'id' | 'description' | 'schema' | 'examples'>;

function section({ id, description, schema: { input, output } = {}, examples = [] }: Described): string {
  const codes = examples.map((example) => `${example.description}:\n\n\`\`\`yaml\n${example.example}\`\`\`\n`);
  return [`## ${id}\n\n${description}\n`, table('Input', input), table('Output', output), ...codes].join('\n');
}

function table(title: string, side: unknown): string {
  const rows = Object.entries(schema.parse(side).properties).map(([name, { type, items, description }]) => {
    const shown = items === undefined ? type : `list of ${items.type}s`;
    return `| \`${name}\` | ${shown} | ${description} |\n`;
  });
  return `| ${title} | Type | |\n|---|---|---|\n${rows.join('')}`;
}

const unused = () => expect.fail('Nothing is read here');
const sources = { reader: { readUrl: unused, readTree: unused, search: unused }, integrations: {} as never };

it('docs/reference/actions.md says what the actions say', async () => {
  const actions: Described[] = [createCheckAction(), createUpdateAction(sources)];
  const page = [INTRODUCTION, ...actions.map(section)].join('\n');
  await expect(page).toMatchFileSnapshot(join(projectDirectory, 'docs/reference/actions.md'));
});
