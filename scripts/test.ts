// Runs the tests of the project, or the projects of vitest.config.ts that are named.
import { join } from 'node:path';
import { ensureInstalled, run } from './bootstrap.mjs';
import { projectDirectory } from './template/definition.ts';

const [, , ...arguments_] = process.argv;
const projects = arguments_.filter((argument) => ['unit', 'render', 'services', 'wizard'].includes(argument));
const options = arguments_.filter((argument) => !projects.includes(argument));

await ensureInstalled(join(projectDirectory, 'skeleton'), process.execPath, { what: 'the packages of the skeleton' });
const needs = (project: string) => projects.length === 0 || projects.includes(project);
if (needs('wizard')) {
  const preview = join(projectDirectory, 'backstage/preview');
  await ensureInstalled(preview, process.execPath, { what: 'a Backstage with its frontend' });
}
if (needs('services') || needs('wizard')) {
  const installed = await run('bash', [join(projectDirectory, 'scripts/system-packages.sh')]);
  if (installed !== 0) process.exit(installed);
}
process.exitCode = await run(
  process.execPath,
  [
    join(projectDirectory, 'node_modules/vitest/vitest.mjs'),
    'run',
    ...projects.flatMap((project) => ['--project', project]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${join(projectDirectory, 'out/test-results.json')}`,
    ...options,
  ],
  { folder: projectDirectory },
);
