import { execFile } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { projectDirectory } from '../../scripts/template/definition.ts';
import { describeAnswers, distinctSources } from './answers.ts';
import { expectedOverlays, filesOf, skeleton } from './overlays.ts';
import { readTree } from './read-tree.ts';
import { renderInProcess, temporaryFolder } from './renderer.ts';

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

/** Packages that TypeScript files import. */
function imported(tree: ReadonlyMap<string, Buffer>): Map<string, string> {
  const packages = new Map<string, string>();
  for (const [path, bytes] of tree) {
    if (!path.endsWith('.ts')) continue;
    for (const [, from, called] of bytes.toString('utf8').matchAll(IMPORT)) {
      const [scope = '', name = ''] = (from ?? called ?? '').split('/');
      if (scope.startsWith('node:') || builtinModules.includes(scope)) continue;
      packages.set(scope.startsWith('@') ? `${scope}/${name}` : scope, path);
    }
  }
  return packages;
}

it('the skeleton in place, the scripts and the tests type-check and are linted', async () => {
  const complaints = await Promise.all([
    outputOf('tsc', ['-p', 'skeleton'], projectDirectory),
    outputOf('tsc', ['-p', '.'], projectDirectory),
    outputOf('biome', ['check', '--error-on-warnings', '--colors=off'], projectDirectory),
  ]);
  expect(complaints.join('')).toBe('');
});

describe('each set of TypeScript files type-checks, is linted and has its dependencies', () => {
  const all = distinctSources();
  it.each(all.map((answers, index) => [describeAnswers(answers), answers, index] as const))(
    '%s',
    async (_, answers, index) => {
      const repository = join(folder, String(index));
      await renderInProcess(answers, repository);
      const tree = readTree(repository);
      symlinkSync(join(skeleton, 'node_modules'), join(repository, 'node_modules'));
      const copied = new Set(expectedOverlays(answers).flatMap(filesOf));
      const { dependencies, devDependencies } = JSON.parse(String(tree.get('package.json')));
      for (const [name, path] of imported(tree)) {
        const known = path.startsWith('src/') ? dependencies : { ...dependencies, ...devDependencies };
        expect(Object.keys(known), `${path} imports ${name}`).toContain(name);
      }
      // The others are linted where they lie.
      const rendered = [...tree.keys()].filter((path) => /\.(json|ts)$/.test(path) && !copied.has(path));
      const complaints = await Promise.all([
        outputOf('tsc', [], repository),
        outputOf('biome', ['check', '--vcs-enabled=false', '--colors=off', ...rendered], repository),
      ]);
      expect(complaints.join('')).toBe('');
    },
  );
});
