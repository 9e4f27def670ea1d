import type { TemplateExample } from '@backstage/plugin-scaffolder-node';

export const checkExamples: TemplateExample[] = [
  {
    description: 'Check what was rendered, before it is published',
    example: `steps:
  - id: check
    name: Check what was rendered
    action: etl-pipeline:check
`,
  },
  {
    description: 'Check a repository that was rendered into a folder of the workspace',
    example: `steps:
  - id: check
    name: Check what was rendered
    action: etl-pipeline:check
    input:
      targetPath: repository
`,
  },
];
