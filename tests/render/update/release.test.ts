import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { projectDirectory, withoutRemote } from '../../../scripts/template/definition.ts';
import { compareVersions } from '../../../scripts/update/migrations/index.ts';
import { versionOf } from '../../../scripts/update/template-versions.ts';
import { type Chosen, describeAnswers, installedCombinations } from '../answers.ts';
import { localTemplate, temporaryFolder } from '../renderer.ts';
import { textsOf } from '../texts.ts';
import { PreviousRelease, updateToHead } from './releases.ts';
import { expectTeamEdits, TEAM_FILES, workAsTeam } from './team-edits.ts';

const folder = temporaryFolder();
afterAll(() => rm(folder, { recursive: true, force: true }));

const release = new PreviousRelease(join(folder, 'release'));

it('the release before is older than the template, and both are in the changelog', () => {
  const version = versionOf(localTemplate);
  expect(versionOf(withoutRemote(release.template))).toBe(release.version);
  expect(compareVersions(release.version, version)).toBeLessThan(0);
  const changelog = readFileSync(join(projectDirectory, 'CHANGELOG.md'), 'utf8');
  const versions = [...changelog.matchAll(/^## (\S+)$/gm)].map(([, number]) => number);
  expect(versions.slice(0, 2)).toEqual([version, release.version]);
});

// What is merged is, apart from what the team made, what the template makes now: combinations.test.ts and sources.test.ts look at that.
it.each(installedCombinations().map((answers, index) => [describeAnswers(answers), answers, index] as const))(
  'the release before, and what a team did since: %s',
  async (_, given, index) => {
    const team = await release.create(join(folder, String(index)), given);
    workAsTeam(team);
    const { merged, answers } = await updateToHead(team, { previous: release });
    expect(merged.conflicts).toEqual([]);
    expect(merged.migrations.map(({ paths }) => paths)).toContainEqual(['package.json']);
    expectTeamEdits(team);
    const files = textsOf(answers as Chosen);
    const paths = team.git('ls-files', '-z').split('\0').filter(Boolean);
    expect(paths.sort()).toEqual(
      [...files.keys(), 'src/resources/refunds.ts'].filter((path) => path !== '.github/workflows/release.yaml').sort(),
    );
    for (const path of paths) if (!TEAM_FILES.includes(path)) expect(team.read(path), path).toBe(files.get(path));
    await rm(team.folder, { recursive: true });
  },
);
