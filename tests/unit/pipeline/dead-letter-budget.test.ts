import { expect, test } from 'vitest';
import {
  DeadLetterBudget,
  type DeadLetterLimits,
} from '../../../skeleton/base/src/runtime/pipeline/dead-letter-budget.ts';

const limits = (changes: Partial<DeadLetterLimits>): DeadLetterLimits => ({
  max: Number.POSITIVE_INFINITY,
  share: 0.05,
  window: 10_000,
  ...changes,
});

/** Reads and loads batches of so many records, of which so many are dead letters; the number of the batch that stops it. */
function firstRefused(budget: DeadLetterBudget, batches: readonly (readonly [records: number, letters: number])[]) {
  for (const [index, [records, letters]] of batches.entries()) {
    budget.read(index + 1, records);
    try {
      if (letters > 0) budget.spend(index + 1, letters);
    } catch (error) {
      return { batch: index + 1, error };
    }
    budget.loaded(index + 1);
  }
  return undefined;
}

const good = (batches: number): [number, number][] => Array.from({ length: batches }, () => [1_000, 0]);
const bad = (batches: number, letters: number): [number, number][] =>
  Array.from({ length: batches }, () => [1_000, letters]);

test('more than a share in the middle of a million records stops the run there', () => {
  const run = [...good(500), ...bad(20, 100), ...good(480)];
  expect(firstRefused(new DeadLetterBudget(limits({})), run)).toMatchObject({
    batch: 506,
    error: {
      code: 'DEAD_LETTER_BUDGET',
      exitCode: 3,
      message: expect.stringContaining('600 of 10000 records in a row, up to batch 506, are dead letters (6.0 %)'),
    },
  });
  // The same records are 0.2 % of the run, which does not notice without windows.
  expect(firstRefused(new DeadLetterBudget(limits({ window: 1_000_000 })), run)).toBeUndefined();
});

test('a share that is never exceeded lets the run go on, whatever the size of a batch', () => {
  for (const window of [1, 1_000, 10_000, 1_000_000]) {
    expect(firstRefused(new DeadLetterBudget(limits({ window })), bad(1_000, 50)), String(window)).toBeUndefined();
  }
});

test('letters count for the window of their batch, however late they are found', () => {
  const budget = new DeadLetterBudget(limits({ window: 2_000 }));
  for (let batch = 1; batch <= 6; batch++) budget.read(batch, 1_000);
  budget.spend(1, 60);
  budget.spend(3, 60);
  budget.spend(5, 60);
  expect(() => budget.spend(2, 60)).toThrow('120 of 2000 records in a row, up to batch 2');
});

test('one dead letter is allowed unless none is', () => {
  expect(firstRefused(new DeadLetterBudget(limits({ window: 1 })), [[1, 1]])).toBeUndefined();
  expect(firstRefused(new DeadLetterBudget(limits({ share: 0 })), [[1, 1]])).toMatchObject({ batch: 1 });
});

test('the count of the run holds, too', () => {
  const refused = firstRefused(new DeadLetterBudget(limits({ max: 100 })), bad(10, 11));
  expect(refused).toMatchObject({ batch: 10, error: { message: '110 dead letters; at most 100 are allowed.' } });
});

test('the share of a short run is judged at its end', () => {
  const budget = new DeadLetterBudget(limits({}));
  budget.read(1, 20);
  budget.spend(1, 2);
  expect(() => budget.checkAtEnd()).toThrow('2 of 20 records are dead letters (10.0 %)');
});
