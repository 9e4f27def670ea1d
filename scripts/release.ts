// Makes the next version of the template from what .changeset/ tells: numbers, changelog and the release before, which updates are tested from.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { storePreviousRelease } from './release/previous-release.ts';
import { projectDirectory } from './template/definition.ts';
import { GitError, git } from './update/git.ts';
import { compareVersions } from './update/migrations/index.ts';

const project = resolve(process.argv[2] ?? projectDirectory);

try {
  await release();
} catch (error) {
  if (!(error instanceof GitError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

/**
 * A version that has its tag gets a next one. One that has none is still being made: it takes in what came since, and
 * becomes a higher one where that asks for it.
 */
async function release(): Promise<void> {
  const current = currentVersion();
  const tagged = await isTagged(current);
  const before = tagged ? current : releasedBefore(current);
  if (!(await isTagged(before))) throw new GitError(`v${before} is no tag here: git fetch --tags`);
  if (!readdirSync(join(project, '.changeset')).some((file) => file.endsWith('.md') && file !== 'README.md')) {
    process.stdout.write('Nothing has changed: .changeset/ is empty.\n');
    return;
  }
  const counted = countFrom(before, current);
  const version = compareVersions(counted, current) > 0 ? counted : current;
  setVersion(version);
  edit('CHANGELOG.md', (text) => {
    const merged = tagged ? text : withoutLast(text, `## ${current}\n\n`);
    return merged.replace(`## ${counted}\n`, `## ${version}\n`);
  });
  const bundle = join(project, 'tests/fixtures/previous-release.bundle');
  if (tagged) await storePreviousRelease(`v${before}`, { directory: project, bundle });
  process.stdout.write(
    `\nVersion ${version}. Next: read CHANGELOG.md, npm run test:golden, npm test, commit, and when that is on main: git tag v${version}\n`,
  );
}

/** The version that follows a released one by what is pending, which goes into the changelog. */
function countFrom(released: string, current: string): string {
  setVersion(released);
  try {
    execFileSync(process.execPath, [join(projectDirectory, 'node_modules/@changesets/cli/bin.js'), 'version'], {
      cwd: project,
      stdio: 'inherit',
    });
  } catch (error) {
    setVersion(current);
    throw error;
  }
  return currentVersion();
}

/** Writes a version wherever it stands, but for the changelog. */
function setVersion(version: string): void {
  edit('package.json', (text) => text.replace(/^ {2}"version": ".*"/m, `  "version": "${version}"`));
  edit('template.yaml', (text) => text.replace(/templateVersion: .*/, `templateVersion: ${version}`));
  edit('package-lock.json', (text) => {
    const lock = JSON.parse(text);
    lock.version = version;
    lock.packages[''].version = version;
    return `${JSON.stringify(lock, undefined, 2)}\n`;
  });
}

async function isTagged(version: string): Promise<boolean> {
  const { code } = await git(project, ['rev-parse', '--verify', '--quiet', `refs/tags/v${version}`], {
    answers: [0, 1],
  });
  return code === 0;
}

/** The version below this one in the changelog. */
function releasedBefore(version: string): string {
  const versions = [...readFileSync(join(project, 'CHANGELOG.md'), 'utf8').matchAll(/^## (\S+)$/gm)].map(
    ([, number = '']) => number,
  );
  const before = versions[versions.indexOf(version) + 1];
  if (before === undefined) throw new GitError(`CHANGELOG.md tells no release before ${version}: git tag v${version}`);
  return before;
}

function withoutLast(text: string, part: string): string {
  const at = text.lastIndexOf(part);
  return text.slice(0, at) + text.slice(at + part.length);
}

function currentVersion(): string {
  return JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')).version;
}

function edit(path: string, change: (text: string) => string): void {
  const file = join(project, path);
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}
