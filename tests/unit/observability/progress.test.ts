import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { runOnTerminal, runProgram } from './run-program.ts';

const COUNTS = `
  const { emptyCounts } = await load('../pipeline/metrics.ts');
  const { createProgress } = await load('progress.ts');
  const { logger } = await load('logger.ts');
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
`;

test('on a terminal there is a bar with records, pace and time left, and it disappears at the end', async () => {
  const { stdout, code } = await runOnTerminal(`${COUNTS}
    const progress = createProgress('orders', 1000);
    await pause(50);
    progress.update({ ...emptyCounts(), read: 500, deadLettered: 3 });
    await pause(500);
    progress.finish();
    console.log('the story');
  `);
  expect(code).toBe(0);
  const screen = stripVTControlCharacters(stdout);
  expect(screen).toMatch(/orders {2}█+░+ 50 % {2}500 rows, [\d,]+ rows\/s, 1 s left, 3 dead letters/);
  const last = stdout.slice(stdout.lastIndexOf('rows/s'));
  expect(last).toContain('\u001b[0J');
  expect(last.trimEnd().endsWith('the story')).toBe(true);
});

test('a source without an estimate has no bar, and more records than estimated do not overflow it', async () => {
  const { stdout } = await runOnTerminal(`${COUNTS}
    const unknown = createProgress('returns');
    const exceeded = createProgress('orders', 10);
    unknown.update({ ...emptyCounts(), read: 12345 });
    exceeded.update({ ...emptyCounts(), read: 25 });
    await pause(500);
    unknown.finish();
    exceeded.finish();
  `);
  const screen = stripVTControlCharacters(stdout);
  expect(screen).toMatch(/returns {2}12,345 rows, [\d,]+ rows\/s/);
  expect(screen).toMatch(/orders {2}█+ 100 % {2}25 rows/);
});

test('log lines stand whole above the bar', async () => {
  const { stdout } = await runOnTerminal(`${COUNTS}
    const progress = createProgress('orders', 1000);
    progress.update({ ...emptyCounts(), read: 500 });
    await pause(300);
    logger.fatal({ file: 'a.csv' }, 'odd');
    await pause(500);
    progress.finish();
    logger.fatal('after');
  `);
  const [, afterClearing = ''] = stdout.split('\u001b[1G\u001b[2K');
  const [line = '', ...rest] = afterClearing.split('\r\n');
  expect(JSON.parse(line)).toMatchObject({ file: 'a.csv', message: 'odd' });
  expect(stripVTControlCharacters(rest.join('\n'))).toMatch(/^orders {2}█+░+ 50 %/);
  expect(JSON.parse(stdout.slice(stdout.lastIndexOf('{"level"')))).toMatchObject({ message: 'after' });
});

test('elsewhere there is a JSON line every five seconds', async () => {
  const { stdout, stderr } = await runProgram(`${COUNTS}
    const real = performance.now.bind(performance);
    let ahead = 0;
    performance.now = () => real() + ahead;
    const progress = createProgress('orders', 100_000);
    for (let second = 1; second <= 12; second++) {
      ahead = second * 1000;
      progress.update({ ...emptyCounts(), read: second * 1000 });
    }
    progress.finish();
  `);
  expect(stdout).toBe('');
  const lines = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatchObject({ level: 'info', resource: 'orders', counts: { read: 5000 } });
  expect(lines[0].message).toMatch(/^orders: 5,000 rows, (1,000|99\d) rows\/s, 1 min 3[56] s left$/);
});
