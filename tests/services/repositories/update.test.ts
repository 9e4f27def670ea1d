import { symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { skeleton } from '../../render/overlays.ts';
import { PreviousRelease, updateToHead } from '../../render/update/releases.ts';
import { expectTeamEdits, workAsTeam } from '../../render/update/team-edits.ts';
import type { TeamRepository } from '../../render/update/team-repository.ts';
import { install, npm } from './repository.ts';

let root: string;
let release: PreviousRelease;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'etl-updates-'));
  release = new PreviousRelease(join(root, 'release'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function query(text: string, url = inject('postgresUrl')): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function run(
  team: TeamRepository,
  script: string,
  variables?: Readonly<Record<string, string>>,
): Promise<string> {
  const { status, output } = await npm(team.folder, ['run', script], variables);
  expect(status, output).toBe(0);
  return output;
}

/** The packages of all answers together, which are installed, in the place of those that were there. */
async function takePackagesOfSkeleton({ folder }: TeamRepository): Promise<void> {
  await rm(join(folder, 'node_modules'), { recursive: true });
  symlinkSync(join(skeleton, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, '.git/info/exclude'), 'node_modules\n');
}

/** What a team does after an update. */
async function checkAndCommit(team: TeamRepository, message: string): Promise<void> {
  await run(team, 'check');
  await run(team, 'test');
  team.commit(message);
}

/** Milliseconds, on a machine that does other things too. */
const TIMEOUT = 600_000;

describe('a repository of the release before, with data and with what its team did', () => {
  it(
    'is updated, goes on where it was, and takes another sink later',
    async () => {
      const team = await release.create(join(root, 'orders'), { name: 'orders' });
      expect(await install(team.folder)).toMatchObject({ status: 0 });
      expect(await run(team, 'start')).toMatch(/ [1-9][\d,]* written/);
      workAsTeam(team);
      // Under the name that its positions have.
      team.replace('pipeline.yaml', '  sales:\n    definition: orders\n', '  orders:\n');
      team.commit('Name it as before');

      const { merged } = await updateToHead(team, { previous: release });
      expect(merged.conflicts).toEqual([]);
      await takePackagesOfSkeleton(team);
      await checkAndCommit(team, 'Update the template');
      expect(await run(team, 'start')).toMatch(/orders +nothing new/);
      expect((await updateToHead(team)).merged.changes).toEqual([]);

      team.replace('pipeline.yaml', '\n  orders:\n', '\n  # Renamed by us.\n  sales:\n    definition: orders\n');
      team.commit('Name it as we want');
      expectTeamEdits(team);
      const overlay = await updateToHead(team, { changes: { sinks: ['delta', 'postgres'] } });
      expect(overlay.merged.conflicts).toEqual([]);
      expectTeamEdits(team);
      await checkAndCommit(team, 'Write to the warehouse, too');
      await query('CREATE DATABASE updated');
      const url = new URL(inject('postgresUrl'));
      url.pathname = 'updated';
      const output = await run(team, 'start', { WAREHOUSE_DATABASE_URL: url.href });
      expect(output).toMatch(/orders_to_postgres/);
      const [warehouse] = await query('SELECT count(*)::int AS orders FROM orders', url.href);
      expect(warehouse?.orders).toBeGreaterThan(100);
    },
    TIMEOUT,
  );
});
