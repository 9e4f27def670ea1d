import { describe, expect, test } from 'vitest';
import { alertForRun } from '../../../skeleton/base/src/runtime/alerting/alert.ts';
import { emptyCounts } from '../../../skeleton/base/src/runtime/pipeline/metrics.ts';
import { manifestOf } from '../../support/manifests.ts';

const conditions = { deadLetters: 10 };
const withDeadLetters = (deadLettered: number) => ({ ...emptyCounts(), read: 5_000, written: 4_961, deadLettered });

describe('a run calls for an alert', () => {
  test('when it failed, whatever its dead letters', () => {
    const manifest = manifestOf({
      status: 'failed',
      counts: withDeadLetters(39),
      error: { code: 'UNAVAILABLE', message: 'shop:5432 refuses connections.', where: {}, hint: 'Start the server.' },
    });
    expect(alertForRun(manifest, conditions)).toMatchObject({
      kind: 'run_failed',
      title: 'orders: the run of orders failed',
      message: 'UNAVAILABLE: shop:5432 refuses connections. 4,961 of 5,000 records were written before.',
      hint: 'Start the server.',
      exitCode: 75,
      run: { id: manifest.id, status: 'failed' },
    });
  });

  test.each(['complete', 'interrupted'] as const)('when it is %s and dead letters reach the threshold', (status) => {
    const manifest = manifestOf({ status, counts: withDeadLetters(10), sink: 'data/lake/orders' });
    expect(alertForRun(manifest, conditions)).toMatchObject({
      kind: 'dead_letters',
      title: 'orders: 10 dead letters in orders',
      message: '10 of 5,000 records failed and were set aside; 4,961 were written to data/lake/orders.',
      hint: expect.stringContaining('dlq list --resource orders'),
    });
  });
});

test.each([
  ['failed', 'DEAD_LETTER_BUDGET', 3],
  ['failed', 'CONFIGURATION', 64],
  ['failed', 'KILLED', 1],
  ['interrupted', 'INTERRUPTED', 75],
  ['complete', undefined, 0],
] as const)('a run that is %s with %s names exit code %i', (status, code, exitCode) => {
  const error = code && { code, message: 'x', where: {} };
  const manifest = manifestOf({ status, counts: withDeadLetters(99), ...(error && { error }) });
  expect(alertForRun(manifest, conditions)).toMatchObject({ exitCode });
});

describe('a run calls for no alert', () => {
  test.each([
    ['below the threshold', manifestOf({ status: 'complete', counts: withDeadLetters(9) })],
    ['interrupted without dead letters', manifestOf({ status: 'interrupted' })],
    ['still running', manifestOf({ status: 'running', counts: withDeadLetters(99) })],
  ])('%s', (_, manifest) => {
    expect(alertForRun(manifest, conditions)).toBeUndefined();
  });
});
