import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { renderInProcess, temporaryFolder } from '../renderer.ts';
import { updateCommand } from './command.ts';
import { CURRENT } from './newer-template.ts';
import { PreviousRelease } from './releases.ts';
import { TeamRepository } from './team-repository.ts';

const folder = temporaryFolder();
afterAll(() => rm(folder, { recursive: true, force: true }));

const command = (...args: string[]) => updateCommand(folder, ...args);
const team = new TeamRepository(join(folder, 'checked'));

beforeAll(async () => {
  await renderInProcess({ name: 'customer-orders' }, team.folder);
  team.commit('Create');
});

it('tells by its exit code whether a repository is behind, and touches nothing', () => {
  expect(command('checked', '--check')).toMatchObject({ status: 0, stdout: expect.stringContaining('Nothing to do') });
  const behind = command('checked', '--check', '--json', '--set', 'sinks=delta,files');
  expect(behind.status).toBe(2);
  expect(JSON.parse(behind.stdout)).toMatchObject({
    from: CURRENT,
    changedAnswers: expect.arrayContaining(['sinks']),
    migrations: [],
    conflicts: [],
  });
  expect(command('checked', '--diff', '--set', 'sinks=delta,files').stdout).toContain('+  orders_to_files:');
  expect(team.status()).toBe('');
  expect(team.git('for-each-ref', 'refs/etl-template', 'refs/etl-update')).toBe('');
});

it('refuses files that are not committed, other repositories and wrong answers, with the reason', () => {
  team.write('note.txt', 'mine');
  expect(command('checked')).toMatchObject({
    status: 64,
    stderr: expect.stringMatching(/not committed \(1\):\n {2}\?\? note\.txt\nCommit or stash them first/),
  });
  team.delete('note.txt');
  expect(command('.')).toMatchObject({ status: 64, stderr: expect.stringContaining('is no git repository') });
  const other = new TeamRepository(join(folder, 'other'));
  other.write('README.md', 'Something else\n');
  other.commit('Create');
  expect(command('other')).toMatchObject({ status: 64, stderr: expect.stringContaining('has no .template.json') });
  expect(command('checked', '--check', '--set', 'sinks=lake')).toMatchObject({
    status: 64,
    stderr: expect.stringContaining('sinks: "lake" is not allowed. Allowed: a list of files, delta, postgres.'),
  });
  expect(command('checked', '--check', '--set', 'sinks')).toMatchObject({ status: 64 });
});

it('names the migrations, in every form', async () => {
  const release = new PreviousRelease(join(folder, 'release'));
  const old = await release.create(join(folder, 'old'), { name: 'customer-orders' });
  old.write('reload.sh', 'npm run pipeline -- run --start-over\n');
  old.commit('A script of ours');
  const description = 'The option --start-over of run is called --full-refresh, wherever it is written.';
  expect(JSON.parse(command('old', '--check', '--json').stdout).migrations).toEqual([
    { version: '0.2.0', description, paths: ['reload.sh'] },
  ]);
  const line = `  migrated ${description} (0.2.0: reload.sh)\n`;
  const difference = command('old', '--diff').stdout;
  expect(difference).toContain(line);
  expect(difference).toContain('+npm run pipeline -- run --full-refresh');
  expect(command('old')).toMatchObject({ status: 0, stdout: expect.stringContaining(line) });
  expect(old.read('reload.sh')).toBe('npm run pipeline -- run --full-refresh\n');
});
