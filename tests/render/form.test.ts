import { Ajv, type ValidateFunction } from 'ajv';
import ajvErrors from 'ajv-errors';
import { describe, expect, it } from 'vitest';
import { type Answers, completeAnswers, InvalidAnswersError } from '../../scripts/template/answers.ts';
import { readTemplate } from '../../scripts/template/definition.ts';
import { pairwiseCombinations } from './answers.ts';

const template = readTemplate();

/** The pages as the form of the scaffolder compiles them: react-jsonschema-form's settings, with ajv-errors. */
function compileForm(): ValidateFunction[] {
  const ajv = new Ajv({ allErrors: true, multipleOfPrecision: 8, strict: false, verbose: true });
  ajvErrors.default(ajv);
  return template.spec.parameters.map((page) => ajv.compile(page));
}

const pages = compileForm();
const valid = {
  name: 'orders',
  sources: ['files', 'postgres'],
  sinks: ['files', 'delta', 'postgres'],
  repoUrl: 'github.com?owner=acme&repo=orders',
};

/** What the form shows beneath its fields. */
function formMessages(answers: Answers): string[] {
  return pages.flatMap((validate) =>
    validate(answers) ? [] : (validate.errors ?? []).map(({ message }) => message ?? ''),
  );
}

function problems(answers: Answers): readonly string[] {
  try {
    completeAnswers(template, answers);
    return [];
  } catch (error) {
    if (error instanceof InvalidAnswersError) return error.problems;
    throw error;
  }
}

it('takes every two answers', () => {
  for (const given of pairwiseCombinations()) {
    expect(formMessages(completeAnswers(template, { ...given, ...valid }))).toEqual([]);
  }
});

const refused: [field: string, value: unknown][] = [
  ...['Orders', '1orders', 'or', 'or_ders', 'orders-', 'or--ders', 'o'.repeat(51), '', 5].map(
    (value): [string, unknown] => ['name', value],
  ),
  ['description', ''],
  ['description', 'two\nlines'],
  ['owner', 'component:default/x'],
  ['owner', ''],
  ['system', 'not a system'],
  ['lifecycle', 'beta'],
  ['sources', []],
  ['sources', ['files', 'files']],
  ['sources', ['kafka']],
  ['sources', 'files'],
  ['sinks', ['delta', 's3']],
  ['mode', 'sometimes'],
  ['engine', 'spark'],
  ['quality', 'checks'],
  ['schemaEvolution', 'never'],
  ['cursor', 'country'],
  ['exportFormat', 'xlsx'],
  ['warehouseMode', 'upsert'],
  ['orchestrator', 'cron'],
  ['airflowOperator', 'bash'],
  ...[
    '99 2 * * *',
    '60 * * * *',
    '0 24 * * *',
    '0 0 0 * *',
    '0 0 32 * *',
    '0 0 * 13 *',
    '0 0 * * 7',
    '*/0 * * * *',
  ].map((value): [string, unknown] => ['schedule', value]),
  ...['@hourly', '* * * *', '* * * * * *', '0 0 * * MONDAY', '0, * * * *', '5/15 * * * *', ''].map(
    (value): [string, unknown] => ['schedule', value],
  ),
  ['timezone', 'Europe/Atlantis'],
  ['timezone', 'utc'],
  ['state', 'sqlite'],
  ['shards', 0],
  ['shards', 33],
  ['shards', 1.5],
  ['size', 'huge'],
  ['datadogSite', 'example.com'],
  ['serviceTags', ['Team:Sales']],
  ['serviceTags', ['untagged']],
  ['alertWebhook', 'teams'],
  ['modules', ['monitor']],
  ['repoUrl', 'https://github.com/acme/orders'],
  ['repoUrl', 'gitlab.com?owner=acme&repo=orders'],
  ['repoUrl', 'github.com?owner=acme&repo=customer%20orders'],
];

describe('refuses', () => {
  it.each(refused)('%s: %j, in the form and in an answers file', (field, value) => {
    const messages = formMessages({ ...completeAnswers(template, valid), [field]: value });
    expect(messages.length).toBeGreaterThan(0);
    const [problem = '', ...others] = problems({ ...valid, [field]: value });
    expect(others).toEqual([]);
    expect(problem).toContain(`${field}: `);
    expect(problem).toMatch(/is not allowed\. Allowed: .+\./);
  });

  it.each<[string, unknown, Answers, string]>([
    ['airflowOperator', 'ecs', { orchestrator: 'none' }, 'orchestrator is airflow'],
    ['cursor', 'updated_at', { sources: ['files'] }, 'sources have postgres and mode is incremental'],
    ['cursor', 'updated_at', { mode: 'full' }, 'sources have postgres and mode is incremental'],
    ['exportFormat', 'csv', { sinks: ['delta'] }, 'sinks have files'],
    ['warehouseMode', 'merge', { sinks: ['delta'] }, 'sinks have postgres and mode is incremental'],
    ['state', 'local', { sources: ['files'], sinks: ['delta'] }, 'sources or sinks have postgres'],
    ['shards', 4, { mode: 'full' }, 'mode is incremental, and not all that is moved are files into PostgreSQL'],
    [
      'shards',
      4,
      { sources: ['files'], sinks: ['postgres'] },
      'mode is incremental, and not all that is moved are files into PostgreSQL',
    ],
  ])('%s: %j beside %j', (name, value, others, condition) => {
    expect(problems({ ...valid, ...others, [name]: value })).toEqual([
      `${name}: ${JSON.stringify(value)} does not apply. It is asked only when ${condition}.`,
    ]);
    expect(Object.keys(completeAnswers(template, { ...valid, ...others }))).not.toContain(name);
    expect(Object.keys(completeAnswers(template, valid))).toContain(name);
  });

  it('an unknown field, with the name that was meant', () => {
    expect(problems({ ...valid, scource: ['files'] })[0]).toMatch(
      /^scource: is not a question of the template\. Did you mean sources\?/,
    );
  });

  it('no name', () => {
    expect(problems({ repoUrl: valid.repoUrl })).toEqual([
      expect.stringMatching(/^name: is missing\. Allowed: 3 to 50 lower-case/),
    ]);
  });
});

it('explains in the form what an answers file is told', () => {
  const [message] = formMessages({ ...completeAnswers(template, valid), schedule: '99 2 * * *' });
  expect(message).toMatch(/^five cron fields/);
  expect(problems({ ...valid, schedule: '99 2 * * *' })[0]).toContain(message);
});

it('takes the schedules that people write', () => {
  for (const schedule of [
    '0 * * * *',
    '*/5 * * * *',
    '0 9-17/2 * * 1-5',
    '30 2 1,15 * *',
    '05 00 * JAN,JUL SUN',
    '0 0 29 2 *',
  ]) {
    expect(problems({ ...valid, schedule })).toEqual([]);
  }
});

it('offers time zones that Node knows', () => {
  const timeZones = template.spec.parameters.flatMap(({ properties }) => properties.timezone?.enum ?? []);
  expect(timeZones.length).toBeGreaterThan(300);
  for (const timeZone of timeZones) {
    expect(() => new Intl.DateTimeFormat('en', { timeZone }), timeZone).not.toThrow();
  }
});
