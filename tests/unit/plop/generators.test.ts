import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AssembledRepository, type CommandResult, finished } from '../../support/assemble-repository.ts';

const OVERLAYS = ['base', 'formats/parquet', 'connectors/delta', join(import.meta.dirname, '../cli/repository')];

interface Case {
  readonly quality: string;
  readonly kinds: readonly string[];
  readonly tests: readonly string[];
}

const CASES: readonly Case[] = [
  {
    quality: 'contract',
    kinds: ['resource', 'transformer', 'validator', 'extractor', 'loader'],
    tests: ['resource', 'transformer', 'validator', 'extractor-connector', 'loader-connector'],
  },
  { quality: 'none', kinds: ['resource'], tests: ['resource'] },
];

describe.each(CASES)('npm run new in a repository with quality $quality', ({ quality, kinds, tests }) => {
  let repository: AssembledRepository;
  beforeAll(async () => {
    repository = await AssembledRepository.assemble(OVERLAYS);
    await repository.write('.template.json', `${JSON.stringify({ answers: { quality } })}\n`);
  });
  afterAll(() => repository.remove());

  const run = (...command: string[]): Promise<CommandResult> => finished(repository.start(command));
  const create = (...args: string[]) => run('node_modules/plop/bin/plop.js', '--no-progress', ...args);

  it.each(kinds)('adds a %s', async (kind) => {
    const { exitCode, stderr, stdout } = await create(kind, `my-own-${kind}`);
    expect(stdout + stderr).not.toContain('✖');
    expect(exitCode).toBe(0);
  });

  it('adds what type-checks, keeps to the style and passes its tests', async () => {
    expect(await run('node_modules/typescript/bin/tsc')).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    const lint = await run('node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', 'src', 'tests');
    expect(lint.stderr.replaceAll(repository.directory, '.')).toBe('');
    const files = tests.map((name) => `tests/my-own-${name}.test.ts`);
    const tested = await run('node_modules/vitest/vitest.mjs', 'run', '--no-color', ...files);
    expect(tested.stdout).toMatch(new RegExp(`Test Files +${files.length} passed`));
    expect(tested.exitCode).toBe(0);
  }, 120_000);

  it('adds a resource that is ready to run', async () => {
    const yaml = await readFile(join(repository.directory, 'pipeline.yaml'), 'utf8');
    expect(yaml).toContain('\n\n  my_own_resource:\n    source: { connection: counter, count: 1000');
    const { stdout } = await repository.pipeline(['validate']);
    expect(stdout).toContain('my_own_resource  counter (numbers) → lake (delta), append, definition my_own_resource');
  });

  it('keeps the JSON Schema up to date', async () => {
    const connectors = kinds.filter((kind) => kind === 'extractor' || kind === 'loader');
    const file = join(repository.directory, 'src/runtime/config/pipeline.schema.json');
    const schema = connectors.length === 0 ? '' : await readFile(file, 'utf8');
    for (const kind of connectors) {
      expect(schema).toContain(`"../connectors/my-own-${kind}.options.schema.json#/definitions/sink"`);
    }
  });

  it('refuses a name that is none, and one that is taken', async () => {
    const wrong = await create('resource', 'My_Resource');
    expect(wrong.exitCode).toBe(1);
    expect(wrong.stdout + wrong.stderr).toContain('Write lower-case words joined by hyphens');
    const taken = await create('resource', 'my-own-resource');
    expect(taken.exitCode).toBe(1);
    expect(taken.stdout + taken.stderr).toContain('File already exists');
  });
});
