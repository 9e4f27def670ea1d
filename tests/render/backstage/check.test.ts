import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCheckAction } from '../../../backstage/scaffolder/check/action.ts';
import { findProblems } from '../../../backstage/scaffolder/check/check-repository.ts';
import { HalfRenderedError } from '../../../backstage/scaffolder/check/problem.ts';
import { type RepositoryFiles, readRepository } from '../../../backstage/scaffolder/check/repository-files.ts';
import { readTemplate } from '../../../scripts/template/definition.ts';
import { LocalScaffolder } from '../../../scripts/template/scaffolder.ts';
import { readTree } from '../read-tree.ts';
import { localTemplate, renderInProcess, temporaryFolder } from '../renderer.ts';
import { type ExampleStep, examplesOf, runSteps } from './examples.ts';

const folder = temporaryFolder();
const scaffolder = new LocalScaffolder(localTemplate);
let rendered: ReadonlyMap<string, Buffer>;
let complete: RepositoryFiles;

beforeAll(async () => {
  await scaffolder.start();
  await renderInProcess({ name: 'orders', sources: ['files', 'postgres'], sinks: ['delta'] }, join(folder, 'orders'));
  rendered = readTree(join(folder, 'orders'));
  complete = await readRepository(join(folder, 'orders'));
});
afterAll(async () => {
  await scaffolder.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs the check in the scaffolder, on a workspace with these files. */
function check(files: ReadonlyMap<string, Buffer>, steps: readonly ExampleStep[], targetPath = '.') {
  const beside = new Map([...files].map(([path, content]) => [`repository/${path}`, content]));
  const fetch = { id: 'fetch', name: 'Fetch', action: 'fetch:plain', input: { url: './repository', targetPath } };
  return runSteps(scaffolder.client, { before: [fetch], steps, outputs: ['files'], files: beside });
}

function changed(path: string, change: (text: string) => string): RepositoryFiles {
  const before = complete.get(path) ?? '';
  const after = change(before);
  expect(after, `${path} is not changed`).not.toBe(before);
  return new Map([...complete, [path, after]]);
}

function without(path: string): RepositoryFiles {
  const rest = new Map(complete);
  expect(rest.delete(path), path).toBe(true);
  return rest;
}

describe('etl-pipeline:check', () => {
  const examples = examplesOf(createCheckAction());

  it.each(examples)('accepts a complete repository: $description', async ({ steps }) => {
    const { output, log } = await check(rendered, steps, steps[0]?.input === undefined ? '.' : 'repository');
    expect(output).toEqual({ files: complete.size });
    expect(log.join('\n')).toContain(`${complete.size} files are complete`);
  });

  it('fails the task, and says where', async () => {
    const damaged = new Map([...rendered, ['deploy/${{ values.name }}.py', Buffer.of()]]);
    damaged.delete('Dockerfile');
    await expect(check(damaged, examples[0]?.steps ?? [])).rejects.toThrow(
      /rendered in part only \(2 places\)[\s\S]*deploy\/\$\{\{ values\.name \}\}\.py: has a name[\s\S]*Dockerfile: is missing/,
    );
  });
});

describe('the check', () => {
  const damages: [string, () => RepositoryFiles, string][] = [
    [
      'an expression',
      () => changed('README.md', (text) => `# \${{ values.name }}\n${text}`),
      'README.md:1: ${{ values.name }} is an expression',
    ],
    [
      'an expression in a workflow',
      () => changed('.github/workflows/ci.yaml', (text) => text.replace('github.ref', 'values.name')),
      '.github/workflows/ci.yaml:11: ${{ values.name }} is an expression',
    ],
    [
      'an expression of another engine',
      () => changed('Dockerfile', (text) => `${text}LABEL name={{ name }}\n`),
      'Dockerfile:',
    ],
    [
      'a block',
      () => changed('pipeline.yaml', (text) => `{%- if values.sinks %}\n${text}`),
      'pipeline.yaml:1: {%- if values.sinks %} is a block',
    ],
    [
      'an object as text',
      () => changed('catalog-info.yaml', (text) => text.replace('group:default/data-platform', '[object Object]')),
      'is a value that cannot be written as text',
    ],
    [
      'NaN',
      () => changed('deploy/datadog/dashboard.json', (text) => text.replace(/\d+/, 'NaN')),
      'deploy/datadog/dashboard.json:',
    ],
    [
      'undefined',
      () => changed('docs/index.md', (text) => `${text}\nOwner: undefined\n`),
      'undefined is a value that is missing',
    ],
    [
      'a key without a value',
      () => changed('catalog-info.yaml', (text) => text.replace(/owner: .*/, 'owner:')),
      'owner has no value',
    ],
    [
      'a link without an address',
      () => changed('README.md', (text) => `${text}\n[Runbook]()\n`),
      ']() is a link without an address',
    ],
    ['broken YAML', () => changed('mkdocs.yml', (text) => `${text}nav: [\n`), 'mkdocs.yml:'],
    ['broken JSON', () => changed('tsconfig.json', (text) => text.slice(0, -4)), 'tsconfig.json:'],
    [
      'a template that was copied',
      () => new Map([...complete, ['docs/index.md.njk', '']]),
      'docs/index.md.njk: is a template that was not rendered',
    ],
    [
      'a name that was not rendered',
      () => new Map([...complete, ['deploy/${{ values.name }}.py', '']]),
      'has a name that was not rendered',
    ],
    ['no lockfile', () => without('package-lock.json'), 'package-lock.json: is missing'],
    [
      'a lockfile of something else',
      () => changed('package-lock.json', (text) => text.replaceAll('"node_modules/zod"', '"node_modules/other"')),
      'package-lock.json: zod of package.json is missing',
    ],
    [
      'no connector',
      () => without('src/runtime/connectors/delta/index.ts'),
      'connection lake is of type delta, but src/runtime/connectors/delta/ is missing',
    ],
    [
      'no resource',
      () => without('src/resources/orders.ts'),
      'resource orders is defined in src/resources/orders.ts, which is missing',
    ],
    [
      'an unknown connection',
      () => changed('pipeline.yaml', (text) => text.replace('connection: lake', 'connection: ocean')),
      'resource orders uses ocean, which is no connection',
    ],
    [
      'no resources',
      () =>
        changed('pipeline.yaml', (text) => text.replace(/\nresources:[\s\S]*\nalerts:/, '\nresources: {}\nalerts:')),
      'resources: has no resource',
    ],
    [
      'a version that is not exact',
      () => changed('package.json', (text) => text.replace('"zod": "', '"zod": "^')),
      'dependencies.zod: is no exact version',
    ],
  ];

  it.each(damages)('finds %s, and says where', (_, damage, reason) => {
    expect(new HalfRenderedError(findProblems(damage())).message).toContain(reason);
  });

  it('finds nothing in what is complete', () => {
    expect(findProblems(complete)).toEqual([]);
  });

  it('takes what an answer says for text', () => {
    const say = (text = '') =>
      text.replaceAll('Moves records from their source to their sink.', 'Drops {% undefined %}.');
    expect(findProblems(new Map([...complete].map(([path, text]) => [path, say(text)])))).toEqual([]);
  });
});

it('the wizard checks what it renders where the module is installed, and does not mind where it is not', async () => {
  const step = readTemplate().spec.steps.find(({ id }) => id === 'check') ?? expect.fail('The wizard has no check');
  const missing = { ...step, id: 'missing', if: '${{ noSuchModule == true }}', action: 'no-such:action' };
  const { log } = await check(rendered, [step, missing]);
  expect(log.join('\n')).toMatch(/Running etl-pipeline:check[\s\S]*files are complete[\s\S]*Skipping step missing/);
});
