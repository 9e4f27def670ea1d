import { expect, test } from 'vitest';
import { runOnTerminal, runProgram } from './run-program.ts';

test('writes one JSON object a line to stderr, with the service and without a host', async () => {
  const { stdout, stderr } = await runProgram(
    `const { logger } = await load('logger.ts');
     logger.info({ resource: 'orders' }, 'started');`,
    { DD_ENV: 'test', DD_SERVICE: 'orders', DD_VERSION: '1.2.3' },
  );
  expect(stdout).toBe('');
  expect(JSON.parse(stderr)).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    dd: { env: 'test', service: 'orders', version: '1.2.3' },
    resource: 'orders',
    message: 'started',
  });
});

test('describes an error with its causes under the names Datadog looks for', async () => {
  const { stderr } = await runProgram(
    `const { logger } = await load('logger.ts');
     const { PipelineError } = await load('../errors/pipeline-error.ts');
     const error = new PipelineError('UNAVAILABLE', 'No answer', { hint: 'Wait.', cause: new Error('refused') });
     logger.error({ error }, 'load failed');`,
  );
  expect(JSON.parse(stderr)).toMatchObject({
    level: 'error',
    message: 'load failed',
    error: {
      kind: 'PipelineError',
      code: 'UNAVAILABLE',
      hint: 'Wait.',
      message: 'No answer: refused',
      stack: expect.stringContaining('caused by: Error: refused'),
    },
  });
});

test('hides secrets in messages, fields, errors and stacks, and the line stays JSON', async () => {
  const secrets = ['pass"word\\1', '2026', 'message'];
  const { stderr } = await runProgram(
    `const { logger } = await load('logger.ts');
     const { registerSecret } = await load('../config/secrets.ts');
     const secrets = ${JSON.stringify(secrets)};
     secrets.forEach(registerSecret);
     const error = new Error('refused: ' + secrets[0], { cause: new Error('of ' + secrets[0]) });
     logger.error({ error, deep: { url: 'postgres://me:hidden-too@host/db', list: [secrets[0]] }, rows: 12026 }, secrets[0]);`,
  );
  const line = JSON.parse(stderr);
  expect(line.message).toBe('***');
  expect(line.deep).toEqual({ url: 'postgres://me:***@host/db', list: ['***'] });
  expect(line.rows).toBe(12026);
  expect(line.error.message).toBe('refused: ***: of ***');
  expect(stderr).not.toContain('word');
  expect(stderr).not.toContain('hidden-too');
});

test('a process that exits at once loses no line', async () => {
  const { code, stderr } = await runProgram(
    `const { logger } = await load('logger.ts');
     for (let line = 0; line < 2000; line++) logger.info({ line, filler: 'x'.repeat(200) }, 'line');
     process.exit(7);`,
  );
  expect(code).toBe(7);
  const lines = stderr.trimEnd().split('\n');
  expect(lines).toHaveLength(2000);
  expect(JSON.parse(lines.at(-1) ?? '').line).toBe(1999);
});

const LEVELS = `const { logger } = await load('logger.ts'); console.log(logger.level);`;

test.each([
  ['info by default', {}, 'info'],
  ['what LOG_LEVEL says', { LOG_LEVEL: 'DEBUG' }, 'debug'],
  ['the default when LOG_LEVEL is no level', { LOG_LEVEL: 'loud' }, 'info'],
])('the level is %s', async (_, environment, level) => {
  expect((await runProgram(LEVELS, environment)).stdout.trim()).toBe(level);
});

test.each([
  ['fatal on a terminal', {}, 'fatal'],
  ['info on the terminal of a CI system', { CI: 'true' }, 'info'],
])('the level is %s', async (_, environment, level) => {
  expect((await runOnTerminal(LEVELS, environment)).stdout.trim()).toBe(level);
});
