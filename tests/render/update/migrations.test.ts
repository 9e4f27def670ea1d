import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { migrateTree } from '../../../scripts/update/migrate-tree.ts';
import { fullRefresh } from '../../../scripts/update/migrations/full-refresh.ts';
import {
  compareVersions,
  MIGRATIONS,
  migrateAnswers,
  migrationsBetween,
} from '../../../scripts/update/migrations/index.ts';
import { longerLag } from '../../../scripts/update/migrations/longer-lag.ts';
import type { Migration } from '../../../scripts/update/migrations/migration.ts';
import { temporaryFolder } from '../renderer.ts';
import { TeamRepository } from './team-repository.ts';

const folder = temporaryFolder();
afterAll(() => rm(folder, { recursive: true, force: true }));
let made = 0;

/** Files after a migration, and those that it changed. */
async function migrate(migration: Migration, files: Readonly<Record<string, string | Buffer>>) {
  const team = new TeamRepository(join(folder, String(made++)));
  for (const [path, contents] of Object.entries(files)) team.write(path, contents);
  team.commit('Files');
  const { tree, changed } = await migrateTree(team.folder, team.git('rev-parse', 'HEAD^{tree}').trim(), [migration]);
  expect(team.status(), 'what is checked out stays as it is').toBe('');
  const again = await migrateTree(team.folder, tree, [migration]);
  expect(again.tree, 'done twice, it changes nothing more').toBe(tree);
  return { read: (path: string) => team.git('show', `${tree}:${path}`), changed: changed.get(migration) };
}

describe('migrations', () => {
  it('are in the order of their versions, and say what they do in a sentence', () => {
    const versions = MIGRATIONS.map(({ version }) => version);
    expect(versions).toEqual(versions.toSorted(compareVersions));
    for (const { version, description } of MIGRATIONS) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(description).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('are done on the way to their version, and not again', () => {
    const all = ['0.2.0', '0.9.0', '0.10.0'].map((version): Migration => ({ version, description: version }));
    const between = (from: string, to: string) => migrationsBetween(from, to, all).map(({ version }) => version);
    expect(between('0.1.0', '0.10.0')).toEqual(['0.2.0', '0.9.0', '0.10.0']);
    expect(between('0.2.0', '0.9.5')).toEqual(['0.9.0']);
    expect(between('0.9.0', '0.9.0')).toEqual([]);
    expect(between('0.9.0', '0.10.0')).toEqual(['0.10.0']);
  });

  it('give answers the names of a newer version, one after the other', () => {
    const rename = (from: string, to: string): Migration => ({
      version: '1.0.0',
      description: `${from} is called ${to}.`,
      answers: ({ [from]: value, ...others }) => ({ ...others, [to]: value }),
    });
    const migrations = [
      rename('zone', 'region'),
      { version: '1.1.0', description: 'No answers.' },
      rename('region', 'timezone'),
    ];
    expect(migrateAnswers({ name: 'orders', zone: 'UTC' }, migrations)).toEqual({ name: 'orders', timezone: 'UTC' });
  });
});

describe('--start-over becomes --full-refresh', () => {
  it('wherever the option is written, and nowhere else', async () => {
    const { read, changed } = await migrate(fullRefresh, {
      'package.json': '{ "scripts": { "reload": "node src/main.ts run --start-over" } }\n',
      'deploy/reload job.sh': 'exec npm run pipeline -- run orders --start-over --json\n',
      'docs/ours.md': 'Not ours: --start-over-again, x--start-over. Ours: `--start-over`.\n',
      'docs/other.md': 'Nothing here.\n',
      'latin-1.txt': Buffer.from('D\u00fcrfen wir --start-over?\n', 'latin1'),
    });
    expect(changed).toEqual(['deploy/reload job.sh', 'docs/ours.md', 'package.json']);
    expect(JSON.parse(read('package.json')).scripts.reload).toBe('node src/main.ts run --full-refresh');
    expect(read('deploy/reload job.sh')).toBe('exec npm run pipeline -- run orders --full-refresh --json\n');
    expect(read('docs/ours.md')).toBe('Not ours: --start-over-again, x--start-over. Ours: `--full-refresh`.\n');
  });

  it('keeps the mode of a file', async () => {
    const team = new TeamRepository(join(folder, 'mode'));
    team.write('reload.sh', 'run --start-over\n');
    team.git('add', '--all');
    team.git('update-index', '--chmod=+x', 'reload.sh');
    team.git('commit', '--quiet', '--message', 'Files');
    const { tree } = await migrateTree(team.folder, team.git('rev-parse', 'HEAD^{tree}').trim(), [fullRefresh]);
    expect(team.git('ls-tree', tree)).toMatch(/^100755 /);
  });
});

describe('a short lag becomes an hour', () => {
  const PIPELINE = `# Ours
resources:
  orders: # the big one
    incremental: { cursor: updated_at, key: [order_id],   lag: 1m } # enough
  returns:
    incremental:
      cursor: updated_at
      lag: "59m"   # longest transaction
  refunds: { incremental: { cursor: id, lag: 2h } }
  rates: { incremental: { cursor: id, lag: 1h } }
  numbers: { incremental: { cursor: id, lag: 100 } }
  none: { mode: full }
`;

  it('and everything else stays as it is written', async () => {
    const { read, changed } = await migrate(longerLag, { 'pipeline.yaml': PIPELINE });
    expect(changed).toEqual(['pipeline.yaml']);
    expect(read('pipeline.yaml')).toBe(PIPELINE.replace('lag: 1m', 'lag: 1h').replace('lag: "59m"', 'lag: 1h'));
    expect(parse(read('pipeline.yaml')).resources.returns.incremental.lag).toBe('1h');
  });

  it.each([
    ['is not there', {}],
    ['has no resources', { 'pipeline.yaml': 'name: orders\n' }],
    ['is no YAML', { 'pipeline.yaml': 'resources: [' }],
  ])('a pipeline.yaml that %s is left alone', async (_, files) => {
    const { changed } = await migrate(longerLag, { 'README.md': 'Ours\n', ...files });
    expect(changed).toEqual([]);
  });
});
