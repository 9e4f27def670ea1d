import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { lintPrograms } from './kubernetes.ts';
import { render, renderRunnable } from './rendered.ts';

const run = promisify(execFile);

let repository: string;
let instructions: [name: string, argument: string][];

beforeAll(async () => {
  repository = await render({});
  const text = await readFile(join(repository, 'Dockerfile'), 'utf8');
  const lines = text
    .replaceAll(/^#.*$/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '');
  instructions = lines.map((line) => {
    const space = line.indexOf(' ');
    return [line.slice(0, space), line.slice(space + 1)];
  });
});

function argumentsOf(name: string): string[] {
  return instructions.filter(([instruction]) => instruction === name).map(([, argument]) => argument);
}

test('hadolint has nothing to say against the Dockerfile', async () => {
  const { stdout } = await run(join(await lintPrograms(), 'hadolint'), [
    '--format',
    'json',
    join(repository, 'Dockerfile'),
  ]);
  expect(JSON.parse(stdout)).toEqual([]);
});

test('the image runs Node itself, as the Node of development, and without root', async () => {
  const { devDependencies, scripts } = z
    .object({ devDependencies: z.record(z.string(), z.string()), scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')));
  for (const image of argumentsOf('FROM')) {
    expect(image.split(' ')[0]).toBe(`node:${devDependencies.node}-bookworm-slim`);
  }
  // The exec form: no shell stands between a SIGTERM and Node.
  expect(JSON.parse(argumentsOf('ENTRYPOINT')[0] ?? '')).toEqual(scripts.pipeline?.split(' '));
  expect(JSON.parse(argumentsOf('CMD')[0] ?? '')).toEqual(['run']);
  expect(argumentsOf('USER')).toEqual(['10001:10001']);
  expect(argumentsOf('VOLUME')).toEqual(['["/app/data"]']);
});

test('the build sees what it copies and nothing else', async () => {
  const ignore = (await readFile(join(repository, '.dockerignore'), 'utf8')).split('\n');
  const copied = argumentsOf('COPY')
    .filter((argument) => !argument.startsWith('--from'))
    .flatMap((argument) => argument.split(' ').slice(0, -1));
  expect(ignore).toContain('*');
  expect(ignore.filter((line) => line.startsWith('!')).map((line) => line.slice(1))).toEqual([...new Set(copied)]);
});

test('the build checks pipeline.yaml with no connection at all, and compiles what a run loads', async () => {
  const runnable = await renderRunnable({ sources: ['files', 'postgres'], sinks: ['delta', 'files', 'postgres'] });
  const cache = join(runnable, 'compiled');
  const environment = { PATH: process.env.PATH, CI: 'true', NODE_COMPILE_CACHE: cache };
  const commands = [...argumentsOf('RUN').filter((command) => command.startsWith('[')), ...argumentsOf('ENTRYPOINT')];
  const [check = [], start = []] = commands.map((command) => z.array(z.string()).parse(JSON.parse(command)).slice(1));
  const compiled = async () => (await readdir(cache, { recursive: true })).sort();

  await run(process.execPath, check, { cwd: runnable, env: environment });
  const before = await compiled();
  expect(before.length).toBeGreaterThan(100);
  await run(process.execPath, [...start, 'run', 'orders'], { cwd: runnable, env: environment });
  expect(await compiled()).toEqual(before);
});
