import { type Answers, completeAnswers, everyFieldOf, fieldsOf } from '../template/answers.ts';
import type { Field, TemplateDefinition } from '../template/definition.ts';

/** A setting that cannot be read. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/** `name=value` as an answer to a question of the template: lists are separated by commas, an empty value is an empty list. */
export function parseSetting(template: TemplateDefinition, setting: string): Answers {
  const at = setting.indexOf('=');
  if (at < 1) throw new SettingError(`--set ${setting}: write name=value, such as --set sinks=delta,postgres`);
  const name = setting.slice(0, at);
  return { [name]: parseValue(findField(template, name), setting.slice(at + 1)) };
}

/**
 * The answers for a newer template: those given before, changed as asked, without those to questions that are gone.
 *
 * @throws InvalidAnswersError when one is not allowed any more, or a changed one is wrong
 */
export function carryOver(template: TemplateDefinition, before: Answers, changes: Answers): Answers {
  const merged = { ...before, ...changes };
  const asked = template.spec.parameters.flatMap((page) => [...fieldsOf(page, merged).keys()]);
  const kept = Object.entries(merged).filter(([name]) => asked.includes(name) || name in changes);
  return completeAnswers(template, Object.fromEntries(kept));
}

/** Questions that came after the answers: one that may be left out, and has no default, may have been left out before. */
export function newQuestions(template: TemplateDefinition, answers: Answers): ReadonlyMap<string, Field> {
  const questions = template.spec.parameters.flatMap((page) =>
    [...fieldsOf(page, answers)].filter(([name, field]) => field.default !== undefined || page.required.includes(name)),
  );
  return new Map(questions.filter(([name, field]) => !(name in answers) && field['ui:widget'] !== 'hidden'));
}

function findField(template: TemplateDefinition, name: string): Field | undefined {
  return template.spec.parameters.map((page) => everyFieldOf(page).get(name)).find((field) => field);
}

function parseValue(field: Field | undefined, text: string): unknown {
  switch (field?.type) {
    case 'array':
      return text === '' ? [] : text.split(',').map((item) => item.trim());
    case 'integer':
    case 'number':
      return text.trim() === '' ? text : Number(text);
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    default:
      return text;
  }
}
