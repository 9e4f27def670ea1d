import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { projectDirectory } from '../../scripts/template/definition.ts';
import { temporaryFolder } from './renderer.ts';
import { TeamRepository } from './update/team-repository.ts';

const folder = temporaryFolder();
afterAll(() => rm(folder, { recursive: true, force: true }));

const project = new TeamRepository(join(folder, 'project'));
const NAME = 'etl-pipeline-template';

function release() {
  const program = join(projectDirectory, 'scripts/release.ts');
  const { status, stderr } = spawnSync(process.execPath, [program, project.folder], { encoding: 'utf8' });
  return { status, stderr };
}

/** A change that somebody made and described. */
function change(kind: string, text: string): void {
  project.write(`.changeset/${kind}-${text.length}.md`, `---\n"${NAME}": ${kind}\n---\n\n${text}\n`);
  project.commit(text);
}

function versions() {
  const { version, packages } = JSON.parse(project.read('package-lock.json'));
  return new Set([
    JSON.parse(project.read('package.json')).version,
    version,
    packages[''].version,
    /templateVersion: (.*)/.exec(project.read('template.yaml'))?.[1],
    /^## (.*)$/m.exec(project.read('CHANGELOG.md'))?.[1],
  ]);
}

it('makes versions of what is described: one that has no tag yet takes in what comes later', () => {
  const manifest = { name: NAME, version: '0.1.0', private: true };
  project.write('package.json', `${JSON.stringify(manifest, undefined, 2)}\n`);
  project.write('package-lock.json', JSON.stringify({ ...manifest, packages: { '': manifest } }));
  project.write('template.yaml', 'templateVersion: 0.1.0\n');
  project.write('skeleton/base/README.md', 'A service\n');
  project.write('CHANGELOG.md', '# Changelog\n\nWhat changes.\n\n## 0.1.0\n\nThe first version.\n');
  cpSync(join(projectDirectory, '.changeset/config.json'), join(project.folder, '.changeset/config.json'));
  project.write('tests/fixtures/.gitkeep', '');
  change('minor', 'Something new.');
  expect(release()).toEqual({ status: 1, stderr: expect.stringContaining('tells no release before 0.1.0') });

  project.git('tag', 'v0.1.0', 'HEAD');
  expect(release().status).toBe(0);
  expect([...versions()]).toEqual(['0.2.0']);
  const bundle = join(project.folder, 'tests/fixtures/previous-release.bundle');
  expect(readFileSync(bundle).length).toBeGreaterThan(100);
  expect(project.git('bundle', 'list-heads', bundle)).toMatch(/ refs\/tags\/v0\.1\.0\n$/);
  project.commit('Version 0.2.0');

  change('patch', 'A repair of it.');
  expect(release().status).toBe(0);
  expect([...versions()]).toEqual(['0.2.0']);
  expect(project.read('CHANGELOG.md').match(/^##.*|^- .*/gm)).toEqual([
    '## 0.2.0',
    '### Patch Changes',
    expect.stringMatching(/^- \w+: A repair of it\.$/),
    '### Minor Changes',
    expect.stringMatching(/^- \w+: Something new\.$/),
    '## 0.1.0',
  ]);
  project.commit('Version 0.2.0, repaired');

  change('major', 'Something that breaks.');
  expect(release().status).toBe(0);
  expect([...versions()]).toEqual(['1.0.0']);
  expect(project.read('CHANGELOG.md').match(/^## .*/gm)).toEqual(['## 1.0.0', '## 0.1.0']);
  expect(release().status).toBe(0);
  expect([...versions()]).toEqual(['1.0.0']);
});
