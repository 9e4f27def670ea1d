import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { projectDirectory } from '../../scripts/template/definition.ts';
import { temporaryFolder } from './renderer.ts';

const program = join(projectDirectory, 'scripts/create.ts');
const folder = temporaryFolder();
afterAll(() => rm(folder, { recursive: true, force: true }));

function create(answers: string, out: string, options: readonly string[] = []) {
  writeFileSync(join(folder, 'answers.yaml'), answers);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [program, '--answers', 'answers.yaml', '--out', out, ...options],
    { cwd: folder, encoding: 'utf8', env: { ...process.env, INIT_CWD: folder } },
  );
  return { status, stdout, stderr };
}

it('creates a service in a new folder and says what to do next', () => {
  const { status, stdout, stderr } = create('name: customer-orders\nsources: [postgres]\n', 'new');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('Created customer-orders in');
  expect(stdout).toContain('docker compose up');
  const { template, version, answers } = JSON.parse(readFileSync(join(folder, 'new/.template.json'), 'utf8'));
  expect({ template, version }).toEqual({
    template: 'etl-pipeline',
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
  });
  expect(answers).toMatchObject({
    name: 'customer-orders',
    sources: ['postgres'],
    sinks: ['delta'],
    mode: 'incremental',
    shards: 1,
  });
});

it('names field, value and what is allowed, for all that is wrong at once, and writes nothing', () => {
  const { status, stderr } = create('name: Orders\nsinks: [lake]\nschedule: 99 2 * * *\nshedule: x\n', 'invalid');
  expect(status).toBe(64);
  expect(stderr.split('\n').slice(1)).toEqual([
    expect.stringMatching(/^ {2}name: "Orders" is not allowed\. Allowed: 3 to 50/),
    '  sinks: "lake" is not allowed. Allowed: a list of files, delta, postgres.',
    expect.stringMatching(/^ {2}schedule: "99 2 \* \* \*" is not allowed\. Allowed: five cron fields/),
    expect.stringMatching(/^ {2}shedule: is not a question of the template\. Did you mean schedule\?/),
    '',
  ]);
  expect(existsSync(join(folder, 'invalid'))).toBe(false);
});

it('refuses a folder that is not empty and leaves it as it is', () => {
  mkdirSync(join(folder, 'taken'));
  writeFileSync(join(folder, 'taken/mine.txt'), 'mine');
  const { status, stderr } = create('name: orders\n', 'taken');
  expect({ status, stderr }).toEqual({ status: 64, stderr: expect.stringContaining('taken is not empty') });
  expect(readdirSync(join(folder, 'taken'))).toEqual(['mine.txt']);
});

it.each([
  ['a list', '- name\n', /no answers file/],
  ['broken YAML', 'name: [orders\n', /no answers file/],
  ['nothing', '', /no answers file/],
])('refuses answers that are %s', (_, answers, message) => {
  const { status, stderr } = create(answers, 'unread');
  expect(status).toBe(64);
  expect(stderr).toMatch(message);
});

it('refuses a file that does not exist and an unknown option', () => {
  expect(create('', 'unread', ['--answers', 'no-such.yaml'])).toMatchObject({
    status: 64,
    stderr: expect.stringContaining('no-such.yaml'),
  });
  expect(create('', 'unread', ['--force'])).toMatchObject({ status: 64, stderr: expect.stringContaining('--force') });
});

it('asks in a terminal, checks each answer and takes the default for Enter', () => {
  const out = join(folder, 'asked');
  const script = [
    // The question, and what is typed then; the same question comes again after an answer that is not allowed.
    ['Name: ', 'Bad Name\r'],
    ['3 to 50 lower-case letters', `${'\x7f'.repeat(8)}asked-orders\r`],
    ['Orchestrator: ', '\x1b[B\r'],
    ['Time zone: ', 'kyiv\r'],
  ];
  const { status, stdout, stderr } = spawnSync(
    'python3',
    [join(import.meta.dirname, 'terminal.py'), JSON.stringify(script), process.execPath, program, '--out', out],
    { encoding: 'utf8' },
  );
  expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' });
  expect(stdout).not.toContain('Airflow operator: ');
  const { answers } = JSON.parse(readFileSync(join(out, '.template.json'), 'utf8'));
  expect(answers).toMatchObject({
    name: 'asked-orders',
    orchestrator: 'none',
    timezone: 'Europe/Kyiv',
    size: 'small',
    sinks: ['delta'],
  });
});

it('refuses to ask where there is no terminal', () => {
  const { status, stderr } = spawnSync(process.execPath, [program, '--out', join(folder, 'silent')], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 64, stderr: expect.stringContaining('--answers') });
});
