import { existsSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { renderInProcess, temporaryFolder } from '../renderer.ts';
import { updateCommand } from './command.ts';
import { updateToHead } from './releases.ts';
import { TeamRepository } from './team-repository.ts';

const folder = temporaryFolder();
afterAll(() => rm(folder, { recursive: true, force: true }));

const OTHER_ANSWERS = { changes: { sinks: ['delta', 'files'] } };
const SETTING = ['--set', 'sinks=delta,files'];
/** Written in the middle: before it are files that are changed and added, behind it, too. */
const DEADLY = 'pipeline.yaml';
const ADDED = 'docs/connectors/files.md';

let team: TeamRepository;
let made = 0;

/** git asks a filter before it writes the deadly file, and the filter does this as long as the file `armed` is there. */
function arm(command: string): void {
  const armed = join(team.folder, '.git/armed');
  writeFileSync(armed, '');
  writeFileSync(join(team.folder, '.git/info/attributes'), `${DEADLY} filter=deadly\n`);
  team.git('config', 'filter.deadly.smudge', `armed='${armed}'; if [ -e "$armed" ]; then ${command}; fi; cat`);
  team.git('config', 'filter.deadly.clean', 'cat');
  team.git('config', 'filter.deadly.required', 'true');
}

function disarm(): void {
  rmSync(join(team.folder, '.git/armed'));
  const lock = join(team.folder, '.git/index.lock');
  if (existsSync(lock)) utimesSync(lock, 0, 0);
}

beforeEach(async () => {
  team = new TeamRepository(join(folder, String(made++)));
  // Another sample would be named by its source.
  await renderInProcess({ name: 'customer-orders', sources: ['postgres'], sinks: ['delta'] }, team.folder);
  team.commit('Create');
});

/** Kills git while it writes, then the update that has started it. */
function killUpdate(): void {
  arm('update=$(ps -o ppid= -p $PPID); kill -9 $PPID $update');
  expect(updateCommand(team.folder, '.', ...SETTING)).toMatchObject({ signal: 'SIGKILL', stderr: '' });
  expect(team.has(ADDED)).toBe(true);
  expect(team.status('src')).toBe('');
  disarm();
}

it('what is killed while it writes is taken back by the next update, which then does all of it', async () => {
  await updateToHead(team, OTHER_ANSWERS);
  const complete = team.git('write-tree');
  team.throwAway();
  killUpdate();
  const { status, stderr } = updateCommand(team.folder, '.', ...SETTING);
  expect({ status, stderr }).toEqual({
    status: 0,
    stderr: 'An earlier update of . was interrupted: what it had written was taken back.\n',
  });
  expect(team.git('write-tree')).toBe(complete);
  expect(team.git('diff', '--name-only')).toBe('');
  expect(team.git('for-each-ref', 'refs/etl-update')).toBe('');
});

it('what was changed since then is not lost', async () => {
  killUpdate();
  const repository = await team.open();
  team.edit(ADDED, (text) => `${text}Ours.\n`);
  await expect(repository.takeBackInterrupted()).rejects.toThrow(
    /was interrupted, and these files were changed since then:\n {2}docs\/connectors\/files\.md\n/,
  );
  expect(team.read(ADDED)).toMatch(/Ours\.\n$/);

  team.edit(ADDED, (text) => text.replace(/Ours\.\n$/, ''));
  team.edit('Dockerfile', (text) => `${text}# Ours.\n`);
  expect(await repository.takeBackInterrupted()).toBe(true);
  expect(team.status()).toBe(' M Dockerfile\n');
  await expect(repository.requireClean()).rejects.toThrow('M Dockerfile');
});

it('what fails while it writes is taken back at once', async () => {
  arm('rm "$armed"; exit 1');
  await expect(updateToHead(team, OTHER_ANSWERS)).rejects.toThrow('deadly');
  expect(team.status()).toBe('');
  expect(team.has(ADDED)).toBe(false);
  expect(await (await team.open()).takeBackInterrupted()).toBe(false);
});
