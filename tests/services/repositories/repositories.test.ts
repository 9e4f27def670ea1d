import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Chosen, describeAnswers, installedCombinations } from '../../render/answers.ts';
import { textsOf } from '../../render/texts.ts';
import { PreviousRelease, updateToHead } from '../../render/update/releases.ts';
import { expectTeamEdits, REMOVED_FILE, TEAM_FILES, workAsTeam } from '../../render/update/team-edits.ts';
import type { TeamRepository } from '../../render/update/team-repository.ts';
import { install, npm } from './repository.ts';

let root: string;
let release: PreviousRelease;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'etl-repositories-'));
  release = new PreviousRelease(join(root, 'release'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A new database, filled with a script if there is one. */
async function database(name: string, script?: string): Promise<string> {
  const admin = new Client({ connectionString: inject('postgresUrl') });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.end();
  const url = new URL(inject('postgresUrl'));
  url.pathname = name;
  if (script !== undefined) {
    const client = new Client({ connectionString: url.href });
    await client.connect();
    await client.query(script);
    await client.end();
  }
  return url.href;
}

async function databasesFor(
  { sources, sinks, state }: Chosen,
  folder: string,
  index: number,
): Promise<Record<string, string>> {
  const variables: Record<string, string> = {};
  if (sources.includes('postgres')) {
    variables.SHOP_DATABASE_URL = await database(`shop_${index}`, readFileSync(join(folder, 'local/shop.sql'), 'utf8'));
  }
  if (sinks.includes('postgres')) variables.WAREHOUSE_DATABASE_URL = await database(`warehouse_${index}`);
  if (state === 'postgres') variables.STATE_DATABASE_URL = await database(`state_${index}`);
  return variables;
}

/** Milliseconds for a repository to be installed and checked, on a machine that does other things too. */
const INSTALL_TIMEOUT = 300_000;

/** Apart from what the team made it is what the template makes now: tests/render looks at that. */
function expectNewTemplate(team: TeamRepository, answers: Chosen): void {
  const files = textsOf(answers);
  const paths = team.git('ls-files', '-z').split('\0').filter(Boolean);
  const expected = new Set([...files.keys(), ...TEAM_FILES]);
  expected.delete(REMOVED_FILE);
  expect(paths.sort()).toEqual([...expected].sort());
  for (const path of paths) if (!TEAM_FILES.includes(path)) expect(team.read(path), path).toBe(files.get(path));
}

describe('a repository of the release before, changed by its team, is updated, installed, checked, tested without any server, and run', () => {
  it.each(installedCombinations().map((answers, index) => [describeAnswers(answers), answers, index] as const))(
    '%s',
    async (_, answers, index) => {
      const team = await release.create(join(root, String(index)), answers);
      workAsTeam(team);
      const { merged, answers: after } = await updateToHead(team, { previous: release, changes: answers });
      expect(merged.conflicts).toEqual([]);
      expect(merged.migrations.map(({ paths }) => paths)).toContainEqual(['package.json']);
      expectTeamEdits(team);
      expectNewTemplate(team, after as Chosen);

      const { folder } = team;
      expect(await install(folder)).toMatchObject({ status: 0 });
      const has = (name: string) => existsSync(join(folder, 'node_modules', name));
      const systems = [...answers.sources, ...answers.sinks];
      expect({ polars: has('nodejs-polars'), duckdb: has('@duckdb/node-api'), postgres: has('pg') }).toEqual({
        polars: answers.engine === 'polars',
        duckdb: answers.engine === 'duckdb',
        postgres: systems.includes('postgres'),
      });
      for (const script of ['check', 'test']) {
        const { status, output } = await npm(folder, ['run', script]);
        expect(status, output).toBe(0);
      }
      const variables = await databasesFor(answers, folder, index);
      const first = await npm(folder, ['start'], variables);
      expect(first.status, first.output).toBe(0);
      expect(first.output).toMatch(/ [1-9][\d,]* written/);
      const second = await npm(folder, ['start'], variables);
      expect(second.status, second.output).toBe(0);
      if (answers.mode === 'incremental') expect(second.output).toMatch(/sales +nothing new/);
      else expect(second.output).toMatch(/ [1-9][\d,]* written/);
    },
    INSTALL_TIMEOUT,
  );
});
