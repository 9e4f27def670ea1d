import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completeAnswers } from '../../scripts/template/answers.ts';
import { readTemplate, withoutRemote } from '../../scripts/template/definition.ts';
import { LocalScaffolder } from '../../scripts/template/scaffolder.ts';
import { describeAnswers, pairwiseCombinations } from './answers.ts';
import { readTree } from './read-tree.ts';
import { localTemplate, renderInProcess, temporaryFolder } from './renderer.ts';

const folder = temporaryFolder();
const scaffolder = new LocalScaffolder(localTemplate);

beforeAll(() => scaffolder.start());
afterAll(async () => {
  await scaffolder.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('a real task of the scaffolder makes what the render tests look at', () => {
  const some = pairwiseCombinations().slice(0, 6);
  it.each(some.map((answers, index) => [describeAnswers(answers), answers, index] as const))(
    '%s',
    async (_, answers, index) => {
      const [task, action] = [join(folder, `task-${index}`), join(folder, `action-${index}`)];
      await scaffolder.run(completeAnswers(localTemplate, answers), task);
      await renderInProcess(answers, action);
      expect(readTree(task)).toEqual(readTree(action));
    },
  );
});

describe('the scaffolder itself refuses', () => {
  const answers = completeAnswers(localTemplate, { name: 'orders' });
  it.each([
    ['a name that is none', { ...answers, name: 'Orders!' }, /instance\.name does not match pattern/],
    ['a sink that is not offered', { ...answers, sinks: ['tape'] }, /instance\.sinks\[0\] is not one of enum values/],
    [
      'an hour that does not exist',
      { ...answers, schedule: '0 25 * * *' },
      /instance\.schedule does not match pattern/,
    ],
    [
      'an operator of Airflow that does not exist',
      { ...answers, airflowOperator: 'bash' },
      /instance\.airflowOperator|oneOf|exactly one/,
    ],
    ['no sources', { ...answers, sources: undefined }, /requires property "sources"/],
  ])('%s', async (_, wrong, reason) => {
    const target = join(folder, 'refused');
    await expect(scaffolder.run(wrong, target)).rejects.toThrow(reason);
    expect(existsSync(target)).toBe(false);
  });
});

it('leaves out what needs a remote, and nothing else', () => {
  const all = readTemplate().spec.steps.map(({ id }) => id);
  const local = withoutRemote(readTemplate()).spec.steps.map(({ id }) => id);
  expect(all.filter((id) => !local.includes(id))).toEqual(['publish', 'register']);
});
