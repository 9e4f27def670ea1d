import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectDirectory } from '../../scripts/template/definition.ts';
import { describeAnswers, distinctSources } from './answers.ts';
import { skeleton } from './overlays.ts';
import { temporaryFolder } from './renderer.ts';
import { renderTexts, textsOf } from './texts.ts';

const run = promisify(execFile);
const folder = temporaryFolder();
afterAll(() => rm(folder, { recursive: true, force: true }));

const IMPORT = /(?:^|\n)\s*(?:import|export)\s[^;'"]*?from\s+'([^'.][^']*)'|\bimport\s*\(?\s*'([^'.][^']*)'/g;
const programs = join(skeleton, 'node_modules/.bin');

async function outputOf(program: string, options: readonly string[], cwd: string): Promise<string> {
  try {
    await run(join(programs, program), options, { cwd, maxBuffer: 2 ** 24 });
    return '';
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return `${program}:\n${stdout}${stderr}`;
  }
}

/** With one checker: several do part of the work twice, and tests have no cores to spare. */
function typeCheck(folder: string, options: readonly string[]): Promise<string> {
  return outputOf('tsc', ['--checkers', '1', ...options], folder);
}

/** Packages that TypeScript files import, each with one of the files. */
function imported(files: ReadonlyMap<string, string>): Map<string, string> {
  const packages = new Map<string, string>();
  for (const [path, text] of files) {
    if (!path.endsWith('.ts')) continue;
    for (const [, from, called] of text.matchAll(IMPORT)) {
      const [scope = '', name = ''] = (from ?? called ?? '').split('/');
      if (scope.startsWith('node:') || builtinModules.includes(scope)) continue;
      packages.set(scope.startsWith('@') ? `${scope}/${name}` : scope, path);
    }
  }
  return packages;
}

/** Makes a folder hold these files, and touches only those that are other ones than before. */
function bring(repository: string, files: ReadonlyMap<string, string>): void {
  for (const path of written.keys()) if (!files.has(path)) rmSync(join(repository, path));
  for (const [path, text] of files) {
    if (written.get(path) === text) continue;
    mkdirSync(dirname(join(repository, path)), { recursive: true });
    writeFileSync(join(repository, path), text);
  }
  written = files;
}

let written: ReadonlyMap<string, string> = new Map();

it('the skeleton in place, the scripts and the tests type-check and are linted', async () => {
  const complaints = await Promise.all([
    typeCheck(projectDirectory, ['-p', 'skeleton']),
    typeCheck(projectDirectory, ['-p', '.']),
    outputOf('biome', ['check', '--error-on-warnings', '--colors=off'], projectDirectory),
  ]);
  expect(complaints.join('')).toBe('');
});

describe('each set of TypeScript files type-checks and has its dependencies', () => {
  const repository = join(folder, 'repository');
  // The compiler looks again only at what depends on the files that are other ones in this repository than in the last.
  const again = ['--incremental', '--tsBuildInfoFile', join(folder, 'checked')];

  beforeAll(() => {
    mkdirSync(repository);
    symlinkSync(join(skeleton, 'node_modules'), join(repository, 'node_modules'));
  });

  it.each(distinctSources().map((answers) => [describeAnswers(answers), answers] as const))(
    '%s',
    async (_, answers) => {
      const files = new Map([...textsOf(answers)].filter(([path]) => /\.(json|ts)$/.test(path)));
      bring(repository, files);
      const { dependencies, devDependencies } = JSON.parse(files.get('package.json') ?? '');
      for (const [name, path] of imported(files)) {
        const known = path.startsWith('src/') ? dependencies : { ...dependencies, ...devDependencies };
        expect(Object.keys(known), `${path} imports ${name}`).toContain(name);
      }
      expect(await typeCheck(repository, again)).toBe('');
    },
  );

  it('which fails where a file is missing', async () => {
    const path = 'src/runtime/connectors/postgres/loader.ts';
    expect(written.has(path)).toBe(true);
    bring(repository, new Map([...written].filter(([other]) => other !== path)));
    expect(await typeCheck(repository, again)).toContain('loader.ts');
  });
});

it('what is rendered is formatted as what is not', async () => {
  // The others are linted where they lie.
  const texts = new Map<string, string>();
  for (const answers of distinctSources()) {
    for (const [path, text] of renderTexts(answers)) if (/\.(json|ts)$/.test(path)) texts.set(`${path} ${text}`, path);
  }
  const lint = join(folder, 'lint');
  mkdirSync(lint);
  const configuration = JSON.parse(readFileSync(join(skeleton, 'base/biome.json'), 'utf8'));
  const includes = configuration.files.includes.map((path: string) => path.replace(/^!(?!\*)/, '!*/'));
  writeFileSync(join(lint, 'biome.json'), JSON.stringify({ ...configuration, files: { includes } }));
  for (const [index, [file, path]] of [...texts].entries()) {
    const target = join(lint, String(index), path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, file.slice(path.length + 1));
  }
  expect(
    await outputOf(
      'biome',
      ['check', '--vcs-enabled=false', '--colors=off', ...[...texts.keys()].map((_, index) => `${index}`)],
      lint,
    ),
  ).toBe('');
});
