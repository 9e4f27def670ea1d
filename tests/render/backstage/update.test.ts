import { cpSync, existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { templateEntityV1beta3Validator } from '@backstage/plugin-scaffolder-common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { updateExamples } from '../../../backstage/scaffolder/update/examples.ts';
import { urlAtTag } from '../../../backstage/scaffolder/update/template-source.ts';
import { projectDirectory } from '../../../scripts/template/definition.ts';
import { LocalScaffolder } from '../../../scripts/template/scaffolder.ts';
import { versionOf } from '../../../scripts/update/template-versions.ts';
import { readTree } from '../read-tree.ts';
import { localTemplate, renderInProcess, temporaryFolder } from '../renderer.ts';
import { TeamRepository } from '../update/team-repository.ts';
import { type ExampleStep, examplesOf, templateOf } from './examples.ts';
import { gitReader } from './git-reader.ts';
import { githubModule } from './github-module.ts';

const TEMPLATE_URL = 'https://github.com/platform/etl-pipeline-template/tree/main/update-template.yaml';
const [version, next] = [versionOf(localTemplate), '9.0.0'];
const updateTemplate = parse(readFileSync(join(projectDirectory, 'update-template.yaml'), 'utf8'));
const examples = examplesOf({ examples: updateExamples });

const folder = temporaryFolder();
const scaffolder = new LocalScaffolder(localTemplate, projectDirectory, {
  entities: {
    'component:default/customer-orders': {
      kind: 'Component',
      metadata: { name: 'customer-orders', annotations: { 'github.com/project-slug': 'acme/customer-orders' } },
    },
    ...Object.fromEntries(examples.map(({ steps }, index) => [`template:default/example-${index}`, entityOf(steps)])),
  },
  features: [gitReader(folder), githubModule],
  configuration: { integrations: { github: [{ host: 'github.com', token: 'none' }] } },
});

/** Runs an example on the team's repository and puts the workspace into a folder. */
function entityOf(steps: readonly ExampleStep[]) {
  const fetch = { url: 'https://github.com/acme/customer-orders', targetPath: 'repository' };
  const last = steps.at(-1)?.id;
  const template = templateOf(
    [
      { id: 'fetch', name: 'Fetch', action: 'fetch:plain', input: fetch },
      ...steps,
      { id: 'export', name: 'Export', action: 'local:export', input: {} },
    ],
    Object.fromEntries(
      ['from', 'to', 'changed', 'changedAnswers', 'deleted', 'conflicts', 'title', 'description'].map((name) => [
        name,
        `\${{ steps['${last}'].output.${name} }}`,
      ]),
    ),
  );
  return {
    ...template,
    metadata: { ...template.metadata, annotations: { 'backstage.io/managed-by-location': `url:${TEMPLATE_URL}` } },
  };
}

beforeAll(async () => {
  const template = new TeamRepository(join(folder, 'platform/etl-pipeline-template'));
  for (const path of ['template.yaml', 'update-template.yaml', 'skeleton']) {
    const filter = (source: string) => !source.includes('node_modules');
    cpSync(join(projectDirectory, path), join(template.folder, path), { recursive: true, filter });
  }
  template.commit('The version that there is');
  template.git('tag', `v${version}`);
  template.replace('template.yaml', `templateVersion: ${version}`, `templateVersion: ${next}`);
  template.edit('skeleton/base/Dockerfile', (text) => `${text}LABEL org.opencontainers.image.vendor="acme"\n`);
  template.edit('skeleton/base/README.md.njk', (text) => `${text}\nA line of the newer template.\n`);
  template.delete('skeleton/base/service.datadog.yaml.njk');
  template.commit('A newer version');

  const team = new TeamRepository(join(folder, 'acme/customer-orders'));
  const repoUrl = 'github.com?owner=acme&repo=customer-orders';
  await renderInProcess({ name: 'customer-orders', sinks: ['delta'], repoUrl }, team.folder);
  team.commit('Create');
  team.edit('Dockerfile', (text) => `# Ours.\n${text}`);
  team.edit('README.md', (text) => `${text}\nA line of the team.\n`);
  team.write('notes/ours.md', 'Ours.\n');
  team.commit('What the team does');
  await scaffolder.start();
});
afterAll(async () => {
  await scaffolder.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('etl-pipeline:update', () => {
  it.each(examples.map(({ description }, index) => [description, index] as const))('%s', async (_, index) => {
    const workspace = join(folder, `workspace-${index}`);
    const output = await scaffolder.client.run(`template:default/example-${index}`, {}, { folder: workspace });
    expect(output).toMatchObject({
      from: version,
      to: next,
      changed: true,
      deleted: ['service.datadog.yaml'],
      conflicts: ['README.md'],
      title: `Update the ETL pipeline template from ${version} to ${next}`,
    });
    const read = (path: string) => readFileSync(join(workspace, 'repository', path), 'utf8');
    expect(read('Dockerfile')).toMatch(/^# Ours\.\n[\s\S]*vendor="acme"\n$/);
    expect(read('README.md')).toMatch(/<<<<<<< [\s\S]*line of the team\.\n=======\n[\s\S]*newer template\.\n>>>>>>> /);
    expect(read('notes/ours.md')).toBe('Ours.\n');
    expect(existsSync(join(workspace, 'repository/service.datadog.yaml'))).toBe(false);
    expect(existsSync(join(workspace, 'repository/.git'))).toBe(false);
    const [step] = examples[index]?.steps ?? [];
    const { settings = [], changesPath } = (step?.input ?? {}) as { settings?: string[]; changesPath?: string };
    if (settings.length > 0) expect(output.changedAnswers).toContain('sinks');
    else expect(output.changedAnswers).toEqual([]);
    if (changesPath === undefined) return;
    const changes = [...readTree(join(workspace, changesPath)).keys()];
    expect(changes).toEqual(expect.arrayContaining(['Dockerfile', 'src/runtime/connectors/postgres/loader.ts']));
    expect(changes).not.toContain('notes/ours.md');
  });

  it('says where the tag of the old version belongs, when it is missing', async () => {
    const template = join(folder, 'platform/etl-pipeline-template');
    const renamed = new TeamRepository(template);
    renamed.git('tag', 'kept', `v${version}`);
    renamed.git('tag', '--delete', `v${version}`);
    try {
      await expect(
        scaffolder.client.run('template:default/example-0', {}, { folder: join(folder, 'none') }),
      ).rejects.toThrow(
        `UpdateError: The repository was made by version ${version} of the template, which is not at https://github.com/platform/etl-pipeline-template/tree/v${version}/`,
      );
    } finally {
      renamed.git('tag', `v${version}`, 'kept');
    }
  });
});

describe('the template Update a pipeline service', () => {
  it('is one that the catalog accepts', async () => {
    expect(await templateEntityV1beta3Validator.check(updateTemplate)).toBe(true);
  });

  it('makes a pull request of what changes, up to the call of GitHub', async () => {
    // A dry run has the template from its request, and so no tags beside it.
    const template = structuredClone(updateTemplate);
    const update = template.spec.steps.find(({ id }: ExampleStep) => id === 'update');
    update.input.versionUrl = 'https://github.com/platform/etl-pipeline-template/tree/v{version}';
    const beside = [...readTree(join(folder, 'platform/etl-pipeline-template'))];
    const { output, log, files } = await scaffolder.client.dryRun({
      template,
      answers: { component: 'component:default/customer-orders', settings: [], pullRequest: true },
      files: new Map(beside.filter(([path]) => !path.startsWith('.git/'))),
    });
    expect(log.join('\n')).toMatch(/Performing dry run of creating pull request/);
    expect(inputsOf(log, 'publish:github:pull-request')).toMatchObject({
      repoUrl: 'github.com?owner=acme&repo=customer-orders',
      branchName: `etl-pipeline-template-${next}`,
      title: `Update the ETL pipeline template from ${version} to ${next}`,
      sourcePath: 'changes',
      filesToDelete: ['service.datadog.yaml'],
      draft: true,
      update: true,
    });
    const changes = [...files.keys()].filter((path) => path.startsWith('changes/'));
    expect(changes.toSorted()).toEqual([
      'changes/.template.json',
      'changes/Dockerfile',
      'changes/README.md',
      'changes/catalog-info.yaml',
    ]);
    const [{ title, content } = expect.fail('has no text')] = output.text as { title: string; content: string }[];
    expect(title).toContain(next);
    expect(content).toMatch(
      /\| Version of the template \| .* → 9\.0\.0 \|[\s\S]*### Conflicts \(1\)[\s\S]*- `README\.md`[\s\S]*### Files \(5\)[\s\S]*- deleted `service\.datadog\.yaml`/,
    );
    expect(output.links).toHaveLength(2);
  });
});

/** What an action was called with, as a dry run logs it. */
function inputsOf(log: readonly string[], action: string): unknown {
  const message = log.find((line) => line.includes(`Running ${action} in dry-run mode`)) ?? '';
  return JSON.parse(message.slice(message.indexOf('{')));
}

it.each([
  ['https://github.com/acme/etl/blob/main/update-template.yaml', 'https://github.com/acme/etl/tree/v1.2.3/'],
  ['https://github.com/acme/etl/tree/main/', 'https://github.com/acme/etl/tree/v1.2.3/'],
  [
    'https://github.com/acme/mono/tree/main/templates/etl/t.yaml',
    'https://github.com/acme/mono/tree/v1.2.3/templates/etl/',
  ],
  ['https://gitlab.com/a/b/etl/-/blob/main/t.yaml', 'https://gitlab.com/a/b/etl/-/tree/v1.2.3/'],
])('the tag of %s is at %s', (url, expected) => {
  expect(urlAtTag(url, 'v1.2.3')).toBe(expected);
});

it('asks where tags are on other hosts', () => {
  expect(() => urlAtTag('https://dev.azure.com/a/_git/etl?path=t.yaml', 'v1.2.3')).toThrow(/say it with versionUrl/);
});
