// Makes the next version of the template from what .changeset/ tells: numbers, changelog and the release before, which updates are tested from.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { storePreviousRelease } from './release/previous-release.ts';
import { projectDirectory } from './template/definition.ts';
import { GitError, git } from './update/git.ts';

const project = resolve(process.argv[2] ?? projectDirectory);

try {
  await release();
} catch (error) {
  if (!(error instanceof GitError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function release(): Promise<void> {
  const before = currentVersion();
  await git(project, ['rev-parse', '--verify', `refs/tags/v${before}`]);
  execFileSync(process.execPath, [join(projectDirectory, 'node_modules/@changesets/cli/bin.js'), 'version'], {
    cwd: project,
    stdio: 'inherit',
  });
  const version = currentVersion();
  if (version === before) return;
  edit('template.yaml', (text) => text.replace(`templateVersion: ${before}\n`, `templateVersion: ${version}\n`));
  edit('backstage/scaffolder/package.json', (text) =>
    text.replace(`"version": "${before}"`, `"version": "${version}"`),
  );
  edit('package-lock.json', (text) => {
    const lock = JSON.parse(text);
    lock.version = version;
    lock.packages[''].version = version;
    return `${JSON.stringify(lock, undefined, 2)}\n`;
  });
  await storePreviousRelease(`v${before}`, {
    directory: project,
    bundle: join(project, 'tests/fixtures/previous-release.bundle'),
  });
  process.stdout.write(
    `\nVersion ${version}. Next: read CHANGELOG.md, npm run test:golden, npm test, commit; the tag v${version} follows when that is on main.\n`,
  );
}

function currentVersion(): string {
  return JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')).version;
}

function edit(path: string, change: (text: string) => string): void {
  const file = join(project, path);
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}
