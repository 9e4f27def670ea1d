import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectDirectory, readTemplate } from '../../../scripts/template/definition.ts';
import { LocalScaffolder } from '../../../scripts/template/scaffolder.ts';
import { githubModule } from './github-module.ts';

/** A Backstage with the actions for GitHub, as a company has one. */
const backstage = new LocalScaffolder(readTemplate(), projectDirectory, {
  features: [githubModule],
  configuration: { integrations: { github: [{ host: 'github.com', token: 'none' }] } },
});

beforeAll(() => backstage.start());
afterAll(() => backstage.stop());

async function dryRun(token: string, ...options: readonly string[]) {
  const child = spawn(process.execPath, [join(projectDirectory, 'scripts/dry-run.ts'), ...options], {
    env: { ...process.env, BACKSTAGE_TOKEN: token },
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { status: child.exitCode, stdout, stderr };
}

it('combinations are rendered by the Backstage of a company, all steps and nothing published', async () => {
  const { url, token } = backstage.access;
  const { status, stdout, stderr } = await dryRun(token, '--backstage', url, '--combinations', '9');
  expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' });
  const rendered = stdout.split('\n').filter((line) => /^ok {6}.*: [3-9]\d\d files$/.test(line));
  expect(rendered).toHaveLength(9);
});

it('ends at once where the Backstage refuses the token', async () => {
  const refused = await dryRun('not-the-token', '--backstage', backstage.access.url);
  expect(refused).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('Illegal token') });
});

it('asks for a token', async () => {
  const { status, stderr } = await dryRun('', '--backstage', backstage.access.url);
  expect({ status, stderr }).toEqual({ status: 64, stderr: expect.stringContaining('Set BACKSTAGE_TOKEN') });
});

it.each(['0', 'many'])('refuses %s combinations', async (number) => {
  const { status, stdout, stderr } = await dryRun('', '--combinations', number);
  expect({ status, stdout }).toEqual({ status: 64, stdout: '' });
  expect(stderr).toContain('It must be a whole number from 1 to 9999.');
});
