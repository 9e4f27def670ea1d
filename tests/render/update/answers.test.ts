import { expect, it } from 'vitest';
import { completeAnswers } from '../../../scripts/template/answers.ts';
import { carryOver, newQuestions, parseSetting, SettingError } from '../../../scripts/update/answers.ts';
import { localTemplate } from '../renderer.ts';

const answers = completeAnswers(localTemplate, { name: 'customer-orders', sources: ['files'], sinks: ['delta'] });

it('settings are read by the type of their question', () => {
  expect(parseSetting(localTemplate, 'sinks=delta, postgres')).toEqual({ sinks: ['delta', 'postgres'] });
  expect(parseSetting(localTemplate, 'shards=2')).toEqual({ shards: 2 });
  expect(parseSetting(localTemplate, 'schedule=0 5 * * *')).toEqual({ schedule: '0 5 * * *' });
  expect(() => parseSetting(localTemplate, 'sinks')).toThrow(SettingError);
});

it('answers to questions that are not asked any more are left out', () => {
  const carried = carryOver(localTemplate, { ...answers, retired: 'yes', orchestrator: 'none' }, {});
  expect(carried).not.toHaveProperty('retired');
  expect(carried).not.toHaveProperty('airflowOperator');
});

it('questions without an answer are asked, unless nobody has to give one', () => {
  const { schedule: _, modules: __, system: ___, ...rest } = answers;
  expect([...newQuestions(localTemplate, rest).keys()]).toEqual(['schedule']);
});
