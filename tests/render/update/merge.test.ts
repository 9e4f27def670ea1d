import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { type Answers, completeAnswers } from '../../../scripts/template/answers.ts';
import { readTemplate, withoutRemote } from '../../../scripts/template/definition.ts';
import { carryOver } from '../../../scripts/update/answers.ts';
import type { MergedTree } from '../../../scripts/update/generated-repository.ts';
import { planUpdate, type UpdatePlan } from '../../../scripts/update/plan-update.ts';
import { localTemplate, renderInProcess, temporaryFolder } from '../renderer.ts';
import { CURRENT, makeNewerTemplate, NEXT } from './newer-template.ts';
import { TeamRepository } from './team-repository.ts';

const folder = temporaryFolder();
afterAll(() => rm(folder, { recursive: true, force: true }));

const template = makeNewerTemplate(join(folder, 'template'));
const answers = completeAnswers(localTemplate, { name: 'customer-orders', sources: ['files'], sinks: ['delta'] });

/** A repository made by the version that there is, with what its team did since. */
async function create(name: string, work: (team: TeamRepository) => void): Promise<TeamRepository> {
  const team = new TeamRepository(join(folder, name));
  await renderInProcess(answers, team.folder);
  team.commit('Create');
  work(team);
  team.commit('What the team does');
  return team;
}

async function update(team: TeamRepository, wanted: Answers = answers): Promise<UpdatePlan> {
  const repository = await team.open();
  const plan = await planUpdate(repository, await repository.record(), {
    version: NEXT,
    answers: carryOver(withoutRemote(readTemplate(template.folder)), wanted, {}),
    directory: template.folder,
  });
  if (plan.merged.changes.length > 0) await repository.checkOut(plan.merged);
  return plan;
}

const editDockerfile = (team: TeamRepository) => team.edit('Dockerfile', (text) => `# Ours.\n${text}`);
const paths = ({ changes }: MergedTree) => changes.map(({ change, path }) => `${change} ${path}`);

it('brings what is new, follows what is renamed and deleted, and keeps what the team made', async () => {
  const team = await create('edited', (own) => {
    own.edit('src/resources/orders.ts', (text) => `${text}\n// A rule of ours.\n`);
    editDockerfile(own);
    own.replace('pipeline.yaml', '  orders:\n', '  sales:\n    definition: orders\n');
    own.delete('.github/workflows/release.yaml');
    own.edit('src/runtime/pipeline/read-ahead.ts', (text) => `// Ours.\n${text}`);
  });
  const { merged, changedAnswers } = await update(team);
  expect(merged.conflicts).toEqual([]);
  expect(changedAnswers).toEqual(['costCenter']);
  expect(paths(merged)).toEqual([
    'changed .github/workflows/ci.yaml',
    'changed .template.json',
    'changed Dockerfile',
    'changed README.md',
    'changed catalog-info.yaml',
    'deleted service.datadog.yaml',
    'deleted src/runtime/pipeline/read-ahead.ts',
    'added src/runtime/pipeline/reading-ahead.ts',
  ]);
  expect(team.read('Dockerfile')).toMatch(/^# Ours\.\n[\s\S]*vendor="acme"\n$/);
  expect(team.read('src/runtime/pipeline/reading-ahead.ts')).toMatch(/^\/\/ Ours\.\n[\s\S]*\/\/ Newer\.\n$/);
  expect(team.read('src/resources/orders.ts')).toContain('// A rule of ours.');
  expect(team.read('pipeline.yaml')).toContain('  sales:\n');
  expect(team.has('.github/workflows/release.yaml')).toBe(false);
  const repository = await team.open();
  expect(await repository.record()).toMatchObject({ version: CURRENT });
  team.commit('Update');
  expect(await repository.record()).toMatchObject({ version: NEXT, answers: { costCenter: 'none' } });

  const again = await update(team);
  expect(again.merged.changes).toEqual([]);
  expect(team.status()).toBe('');
});

it('leaves conflicts as a merge leaves them', async () => {
  const team = await create('conflicts', (own) => own.edit('README.md', (text) => `${text}\nA line of the team.\n`));
  const { merged } = await update(team);
  expect(merged.conflicts).toEqual(['README.md']);
  expect(team.read('README.md')).toMatch(
    /<<<<<<< etl-update\/yours\nA line of the team\.\n=======\nA line of the newer template\.\n>>>>>>> etl-update\/99\.0\.0\n/,
  );
  expect(team.status('README.md')).toBe('UU README.md\n');
  team.throwAway();
  expect(team.status()).toBe('');
  expect(team.has('src/runtime/pipeline/reading-ahead.ts')).toBe(false);
});

it('knows what was rendered where the template has lost its tag: by the first commit, or by what an update kept', async () => {
  const team = await create('untagged', editDockerfile);
  template.git('tag', '--delete', `v${CURRENT}`);
  try {
    const { merged } = await update(team);
    expect(merged.conflicts).toEqual([]);
    expect(team.read('Dockerfile')).toMatch(/^# Ours\.\n[\s\S]*vendor="acme"\n$/);
    team.commit('Update');

    const other = { ...answers, sinks: ['delta', 'postgres'] };
    const again = await update(team, other);
    expect(again.changedAnswers).toContain('sinks');
    expect(again.merged.conflicts).toEqual([]);
    expect(paths(again.merged)).toContain('added src/runtime/connectors/postgres/loader.ts');
    expect(team.read('pipeline.yaml')).toContain('orders_to_postgres:');
    // What is thrown away was not taken in: the next update begins anew.
    team.throwAway();
    expect(paths((await update(team, other)).merged)).toEqual(paths(again.merged));
    team.throwAway();

    for (const kept of team
      .git('for-each-ref', '--format=%(refname)', 'refs/etl-template')
      .split('\n')
      .filter(Boolean)) {
      team.git('update-ref', '-d', kept);
    }
    await expect(update(team)).rejects.toThrow(/no tag v99\.0\.0 here[\s\S]*git fetch --tags/);
  } finally {
    template.git('tag', `v${CURRENT}`, 'HEAD~1');
  }
});

it('refuses to go back to an older version', async () => {
  const team = await create('newer', (own) => own.replace('.template.json', `"${CURRENT}"`, '"99.1.0"'));
  await expect(update(team)).rejects.toThrow(/made by version 99\.1\.0 of the template, this is 99\.0\.0: git pull/);
});
