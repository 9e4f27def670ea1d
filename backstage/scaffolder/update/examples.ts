import type { TemplateExample } from '@backstage/plugin-scaffolder-node';

export const updateExamples: TemplateExample[] = [
  {
    description: 'Bring a fetched repository to the newest version of the template',
    example: `steps:
  - id: update
    name: Update the repository
    action: etl-pipeline:update
    input:
      targetPath: repository
`,
  },
  {
    description: 'Add a sink, and keep the changed files apart for a pull request',
    example: `steps:
  - id: update
    name: Update the repository
    action: etl-pipeline:update
    input:
      targetPath: repository
      settings: ["sinks=delta,postgres"]
      changesPath: changes
`,
  },
  {
    description: 'Find the template of another version on a host that is neither GitHub nor GitLab',
    example: `steps:
  - id: update
    name: Update the repository
    action: etl-pipeline:update
    input:
      targetPath: repository
      versionUrl: https://git.example.com/platform/etl-pipeline-template/src/tag/v{version}
`,
  },
];
