import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answers, completeAnswers } from '../../scripts/template/answers.ts';
import { projectDirectory, readTemplate, withoutRemote } from '../../scripts/template/definition.ts';
import { carryOver, newQuestions, parseSetting, SettingError } from '../../scripts/update/answers.ts';
import { GeneratedRepository, type MergedTree } from '../../scripts/update/generated-repository.ts';
import { planUpdate, type UpdatePlan } from '../../scripts/update/plan-update.ts';
import { localTemplate, renderInProcess, temporaryFolder } from './renderer.ts';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const before = join(folder, 'template');
const answers = completeAnswers(localTemplate, { name: 'customer-orders', sources: ['files'], sinks: ['delta'] });
const NEXT = '0.2.0';

function git(repository: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=Team', '-c', 'user.email=team@example.org'];
  return execFileSync('git', ['-C', repository, ...identity, ...args], { encoding: 'utf8' });
}

function commitAll(repository: string, message: string): void {
  git(repository, 'add', '--all');
  git(repository, 'commit', '--quiet', '--message', message);
}

function edit(repository: string, path: string, change: (text: string) => string): void {
  const file = join(repository, path);
  const text = readFileSync(file, 'utf8');
  const changed = change(text);
  expect(changed, `${path} is not changed`).not.toBe(text);
  writeFileSync(file, changed);
}

/** The template with a history: a tag for the version that there is, and a newer one on top of it. */
beforeAll(() => {
  mkdirSync(before);
  cpSync(join(projectDirectory, 'template.yaml'), join(before, 'template.yaml'));
  cpSync(join(projectDirectory, 'skeleton'), join(before, 'skeleton'), {
    recursive: true,
    filter: (path) => !path.includes('node_modules'),
  });
  git(before, 'init', '--quiet', '--initial-branch', 'main');
  commitAll(before, 'The version that there is');
  git(before, 'tag', 'v0.1.0');
  edit(before, 'template.yaml', (text) =>
    text
      .replace('templateVersion: 0.1.0', `templateVersion: ${NEXT}`)
      .replace(
        '        lifecycle:\n',
        '        costCenter:\n          title: Cost center\n          type: string\n          description: Who pays.\n          default: none\n        lifecycle:\n',
      ),
  );
  edit(before, 'skeleton/base/Dockerfile', (text) => `${text}LABEL org.opencontainers.image.vendor="acme"\n`);
  edit(before, 'skeleton/base/src/runtime/pipeline/read-ahead.ts', (text) => `${text}\n// Newer.\n`);
  renameSync(
    join(before, 'skeleton/base/src/runtime/pipeline/read-ahead.ts'),
    join(before, 'skeleton/base/src/runtime/pipeline/reading-ahead.ts'),
  );
  edit(before, 'skeleton/base/.github/workflows/ci.yaml', (text) => `${text}# Newer.\n`);
  edit(before, 'skeleton/base/README.md.njk', (text) => `${text}\nA line of the newer template.\n`);
  rmSync(join(before, 'skeleton/base/service.datadog.yaml.njk'));
  commitAll(before, 'A newer version');
});

/** A repository made by the version before, with what its team did since. */
async function repositoryOf(name: string, ...edits: ((repository: string) => void)[]): Promise<GeneratedRepository> {
  const repository = join(folder, name);
  await renderInProcess(answers, repository);
  git(repository, 'init', '--quiet', '--initial-branch', 'main');
  commitAll(repository, 'Create');
  for (const change of edits) {
    change(repository);
    commitAll(repository, 'What the team does');
  }
  return GeneratedRepository.open(repository);
}

async function update(repository: GeneratedRepository, wanted: Answers = answers): Promise<UpdatePlan> {
  const record = await repository.record();
  const template = withoutRemote(readTemplate(before));
  const plan = await planUpdate(repository, record, {
    version: NEXT,
    answers: carryOver(template, wanted, {}),
    directory: before,
  });
  await repository.checkOut(plan.merged, NEXT);
  return plan;
}

const paths = ({ changes }: MergedTree) => changes.map(({ change, path }) => `${change} ${path}`);
const read = ({ folder: repository }: GeneratedRepository, path: string) =>
  readFileSync(join(repository, path), 'utf8');

describe('an update', () => {
  it('brings what is new and keeps what the team made', async () => {
    const repository = await repositoryOf(
      'edited',
      (own) => edit(own, 'src/resources/orders.ts', (text) => `${text}\n// A rule of ours.\n`),
      (own) => edit(own, 'Dockerfile', (text) => `# Ours.\n${text}`),
      (own) => edit(own, 'pipeline.yaml', (text) => text.replace('  orders:\n', '  sales:\n    definition: orders\n')),
      (own) => rmSync(join(own, '.github/workflows/release.yaml')),
      (own) => edit(own, 'src/runtime/pipeline/read-ahead.ts', (text) => `// Ours.\n${text}`),
    );
    const { merged, changedAnswers } = await update(repository);
    expect(merged.conflicts).toEqual([]);
    expect(changedAnswers).toEqual(['costCenter']);
    expect(paths(merged)).toEqual([
      'changed .github/workflows/ci.yaml',
      'changed .template.json',
      'changed Dockerfile',
      'changed README.md',
      'deleted service.datadog.yaml',
      'deleted src/runtime/pipeline/read-ahead.ts',
      'added src/runtime/pipeline/reading-ahead.ts',
    ]);
    expect(read(repository, 'Dockerfile')).toMatch(/^# Ours\.\n[\s\S]*vendor="acme"\n$/);
    expect(read(repository, 'src/runtime/pipeline/reading-ahead.ts')).toMatch(/^\/\/ Ours\.\n[\s\S]*\/\/ Newer\.\n$/);
    expect(read(repository, 'src/resources/orders.ts')).toContain('// A rule of ours.');
    expect(read(repository, 'pipeline.yaml')).toContain('  sales:\n');
    expect(await repository.record()).toMatchObject({ version: '0.1.0' });
    commitAll(repository.folder, 'Update');
    expect(await repository.record()).toMatchObject({ version: NEXT, answers: { costCenter: 'none' } });
  });

  it('changes nothing when it is done twice', async () => {
    const repository = await repositoryOf('twice', (own) => edit(own, 'Dockerfile', (text) => `# Ours.\n${text}`));
    await update(repository);
    commitAll(repository.folder, 'Update');
    const { merged } = await update(repository);
    expect(merged.changes).toEqual([]);
    expect(git(repository.folder, 'status', '--porcelain')).toBe('');
  });

  it('leaves conflicts as a merge leaves them', async () => {
    const repository = await repositoryOf('conflicts', (own) =>
      edit(own, 'README.md', (text) => `${text}\nA line of the team.\n`),
    );
    const { merged } = await update(repository);
    expect(merged.conflicts).toEqual(['README.md']);
    expect(read(repository, 'README.md')).toMatch(
      /<<<<<<< etl-update\/yours\nA line of the team\.\n=======\nA line of the newer template\.\n>>>>>>> etl-update\/0\.2\.0\n/,
    );
    expect(git(repository.folder, 'status', '--porcelain', 'README.md')).toBe('UU README.md\n');
    git(repository.folder, 'reset', '--quiet', '--hard', 'HEAD');
    expect(git(repository.folder, 'status', '--porcelain')).toBe('');
    expect(existsSync(join(repository.folder, 'src/runtime/pipeline/reading-ahead.ts'))).toBe(false);
  });

  it('adds an overlay for another answer', async () => {
    const repository = await repositoryOf('overlay', (own) => edit(own, 'Dockerfile', (text) => `# Ours.\n${text}`));
    const { merged, changedAnswers } = await update(repository, { ...answers, sinks: ['delta', 'postgres'] });
    expect(changedAnswers).toEqual(['costCenter', 'sinks']);
    expect(merged.conflicts).toEqual([]);
    expect(paths(merged)).toContain('added src/runtime/connectors/postgres/loader.ts');
    expect(read(repository, 'pipeline.yaml')).toContain('orders_to_postgres:');
  });

  it('finds what was rendered in the first commit, where the template has lost its tag', async () => {
    const repository = await repositoryOf('untagged', (own) => edit(own, 'Dockerfile', (text) => `# Ours.\n${text}`));
    git(before, 'tag', '--delete', 'v0.1.0');
    try {
      const { merged } = await update(repository);
      expect(merged.conflicts).toEqual([]);
      expect(read(repository, 'Dockerfile')).toMatch(/^# Ours\.\n[\s\S]*vendor="acme"\n$/);
      commitAll(repository.folder, 'Update');
      const again = await update(repository, { ...answers, sinks: ['delta', 'postgres'] });
      expect(again.merged.conflicts).toEqual([]);
      git(repository.folder, 'reset', '--quiet', '--hard', 'HEAD');
      git(repository.folder, 'update-ref', '-d', `refs/etl-template/${NEXT}`);
      await expect(update(repository)).rejects.toThrow(/no tag v0\.2\.0 here[\s\S]*git fetch --tags/);
    } finally {
      git(before, 'tag', 'v0.1.0', 'HEAD~1');
    }
  });
});

describe('npm run update', () => {
  const command = (...args: string[]) =>
    spawnSync(process.execPath, [join(projectDirectory, 'scripts/update.ts'), ...args], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, INIT_CWD: folder },
    });

  it('tells by its exit code whether a repository is behind, and touches nothing', async () => {
    const { folder: repository } = await repositoryOf('checked');
    expect(command('checked', '--check')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('Nothing to do'),
    });
    const behind = command('checked', '--check', '--json', '--set', 'sinks=delta,files');
    expect(behind.status).toBe(2);
    expect(JSON.parse(behind.stdout)).toMatchObject({ from: '0.1.0', changedAnswers: ['sinks'], conflicts: [] });
    expect(command('checked', '--diff', '--set', 'sinks=delta,files').stdout).toContain('+  orders_to_files:');
    expect(git(repository, 'status', '--porcelain')).toBe('');
    expect(git(repository, 'for-each-ref', 'refs/etl-template', 'refs/etl-update')).toBe('');
  });

  it('refuses files that are not committed, other repositories and wrong answers, with the reason', async () => {
    const { folder: repository } = await repositoryOf('refused');
    writeFileSync(join(repository, 'note.txt'), 'mine');
    expect(command('refused')).toMatchObject({
      status: 64,
      stderr: expect.stringMatching(/not committed \(1\):\n {2}\?\? note\.txt\nCommit or stash them first/),
    });
    expect(command('.')).toMatchObject({ status: 64, stderr: expect.stringContaining('is no git repository') });
    expect(command('template')).toMatchObject({ status: 64, stderr: expect.stringContaining('has no .template.json') });
    expect(command('refused', '--check', '--set', 'sinks=lake')).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('sinks: "lake" is not allowed. Allowed: a list of files, delta, postgres.'),
    });
    expect(command('refused', '--check', '--set', 'sinks')).toMatchObject({ status: 64 });
  });
});

describe('answers for a newer template', () => {
  it('are read by the type of their question', () => {
    expect(parseSetting(localTemplate, 'sinks=delta, postgres')).toEqual({ sinks: ['delta', 'postgres'] });
    expect(parseSetting(localTemplate, 'shards=2')).toEqual({ shards: 2 });
    expect(parseSetting(localTemplate, 'schedule=0 5 * * *')).toEqual({ schedule: '0 5 * * *' });
    expect(() => parseSetting(localTemplate, 'sinks')).toThrow(SettingError);
  });

  it('leave out those to questions that are not asked any more', () => {
    const carried = carryOver(localTemplate, { ...answers, retired: 'yes', orchestrator: 'none' }, {});
    expect(carried).not.toHaveProperty('retired');
    expect(carried).not.toHaveProperty('airflowOperator');
  });

  it('are asked for where there is none yet, unless nobody has to give one', () => {
    const { schedule: _, modules: __, system: ___, ...rest } = answers;
    expect([...newQuestions(localTemplate, rest).keys()]).toEqual(['schedule']);
  });
});
