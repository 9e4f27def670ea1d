import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { projectDirectory, withoutRemote } from '../../../scripts/template/definition.ts';
import { compareVersions } from '../../../scripts/update/migrations/index.ts';
import { versionOf } from '../../../scripts/update/template-versions.ts';
import { localTemplate, temporaryFolder } from '../renderer.ts';
import { PreviousRelease } from './releases.ts';

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
