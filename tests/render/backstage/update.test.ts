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
import { GitHubServer } from './github-server.ts';

const TEMPLATE_URL = 'https://github.com/platform/etl-pipeline-template/tree/main/update-template.yaml';
const [version, next] = [versionOf(localTemplate), '9.0.0'];
const updateTemplate = parse(readFileSync(join(projectDirectory, 'update-template.yaml'), 'utf8'));
const examples = examplesOf({ examples: updateExamples });

const folder = temporaryFolder();
const github = new GitHubServer(folder);
let scaffolder: LocalScaffolder;

/** A Backstage with the actions for GitHub, whose API is a stand-in with real repositories. */
async function startBackstage(): Promise<LocalScaffolder> {
  const started = new LocalScaffolder(localTemplate, projectDirectory, {
    entities: {
      'component:default/customer-orders': {
        kind: 'Component',
        metadata: { name: 'customer-orders', annotations: { 'github.com/project-slug': 'acme/customer-orders' } },
      },
      'template:default/etl-pipeline-update': registered(updateTemplate),
      ...Object.fromEntries(examples.map(({ steps }, index) => [`template:default/example-${index}`, entityOf(steps)])),
    },
    features: [gitReader(folder), githubModule],
    configuration: {
      integrations: { github: [{ host: 'github.com', token: 'none', apiBaseUrl: await github.start() }] },
    },
  });
  await started.start();
  return started;
}

/** A template as the catalog has it, from the repository of the platform team. */
function registered<T extends { readonly metadata: object }>(template: T) {
  return {
    ...template,
    metadata: { ...template.metadata, annotations: { 'backstage.io/managed-by-location': `url:${TEMPLATE_URL}` } },
  };
}

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
  return registered(template);
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
  scaffolder = await startBackstage();
});
afterAll(async () => {
  await scaffolder.stop();
  github.stop();
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

  it('opens a pull request of exactly what changes', async () => {
    const answers = { component: 'component:default/customer-orders', settings: [], pullRequest: true };
    const output = await scaffolder.client.run('template:default/etl-pipeline-update', answers);
    expect(github.pullRequests).toEqual([
      {
        title: `Update the ETL pipeline template from ${version} to ${next}`,
        body: expect.stringMatching(
          /\| Version of the template \| .* → 9\.0\.0 \|[\s\S]*### Conflicts \(1\)[\s\S]*- `README\.md`[\s\S]*### Files \(5\)[\s\S]*- deleted `service\.datadog\.yaml`/,
        ),
        head: `acme:etl-pipeline-template-${next}`,
        base: 'main',
        draft: true,
      },
    ]);
    const team = new TeamRepository(join(folder, 'acme/customer-orders'));
    const branch = `etl-pipeline-template-${next}`;
    expect(team.git('diff', '--name-status', '--no-renames', 'main', branch).split('\n').filter(Boolean)).toEqual([
      'M\t.template.json',
      'M\tDockerfile',
      'M\tREADME.md',
      'M\tcatalog-info.yaml',
      'D\tservice.datadog.yaml',
    ]);
    expect(team.git('show', `${branch}:Dockerfile`)).toMatch(/^# Ours\.\n[\s\S]*vendor="acme"\n$/);
    expect(output.links).toMatchObject([
      { title: 'Pull request', url: 'https://github.com/acme/customer-orders/pull/1' },
      { entityRef: 'component:default/customer-orders' },
    ]);
    expect(output.text).toMatchObject([
      { title: expect.stringContaining(next), content: github.pullRequests[0]?.body },
    ]);
  });

  it('only tells what would change, when no pull request is wanted', async () => {
    const opened = github.pullRequests.length;
    const answers = { component: 'component:default/customer-orders', settings: [], pullRequest: false };
    const output = await scaffolder.client.run('template:default/etl-pipeline-update', answers);
    expect(output.links).toHaveLength(1);
    expect(output.text).toMatchObject([{ content: expect.stringContaining('### Files (5)') }]);
    expect(github.pullRequests).toHaveLength(opened);
  });
});

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
