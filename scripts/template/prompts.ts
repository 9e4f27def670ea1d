import { autocomplete, cancel, intro, isCancel, log, multiselect, select, text } from '@clack/prompts';
import type { Answers } from './answers.ts';
import { checkAnswer, fieldsOf } from './answers.ts';
import type { Field, TemplateDefinition } from './definition.ts';

/** Longer lists are searched by typing. */
const LONG_LIST = 12;

/** The person pressed Ctrl+C. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';
}

/** Asks the questions of the wizard in the terminal: one page after the other, with the same choices, defaults and checks. */
export async function askAnswers(template: TemplateDefinition): Promise<Answers> {
  intro('A new ETL pipeline service');
  const answers: Answers = {};
  for (const page of template.spec.parameters) {
    log.step(`${page.title}: ${page.description}`);
    // A page is read again after every answer, because an answer may bring in a question.
    for (let asked = 0; ; asked++) {
      const [name, field] = [...fieldsOf(page, answers)][asked] ?? [];
      if (name === undefined || field === undefined) break;
      if (field['ui:widget'] === 'hidden') continue;
      const answer = await ask(name, field, page.required.includes(name));
      if (answer !== undefined) answers[name] = answer;
    }
  }
  return answers;
}

/** Asks single questions of the wizard. */
export async function askQuestions(questions: ReadonlyMap<string, Field>): Promise<Answers> {
  const answers: Answers = {};
  if (questions.size > 0) intro('New questions of the template');
  for (const [name, field] of questions) answers[name] = await ask(name, field, false);
  return answers;
}

async function ask(name: string, field: Field, required: boolean): Promise<unknown> {
  const message = `${field.title}: ${field.description}`;
  const choices = field.enum ?? field.items?.enum;
  if (choices === undefined) return askText(name, field, message, required);
  const labels = field.enumNames ?? field.items?.enumNames ?? [];
  const options = choices.map((value, index) => ({ value, label: labels[index] ?? value }));
  if (field.type === 'array') {
    const initialValues = Array.isArray(field.default) ? field.default : [];
    return orCancelled(await multiselect({ message, options, initialValues, required: (field.minItems ?? 0) > 0 }));
  }
  const initialValue = typeof field.default === 'string' ? field.default : undefined;
  if (options.length <= LONG_LIST) return orCancelled(await select({ message, options, initialValue }));
  return orCancelled(
    await autocomplete({ message, options, initialValue, placeholder: 'Type to search', maxItems: LONG_LIST }),
  );
}

async function askText(name: string, field: Field, message: string, required: boolean): Promise<unknown> {
  const list = field.type === 'array';
  const parse = (input: string | undefined): unknown => {
    const answer = input?.trim() ?? '';
    if (list) return answer === '' ? [] : answer.split(/[\s,]+/);
    return answer === '' ? undefined : answer;
  };
  const input = orCancelled(
    await text({
      message: list ? `${message} Separate them by spaces.` : message,
      defaultValue: typeof field.default === 'string' ? field.default : '',
      placeholder: typeof field.default === 'string' ? field.default : (field.errorMessage ?? ''),
      validate: (value) => {
        const answer = parse(value) ?? field.default;
        if (answer === undefined) return required ? `${name} is needed` : undefined;
        return checkAnswer(name, field, answer)[0];
      },
    }),
  );
  return parse(input);
}

function orCancelled<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) {
    cancel('Nothing was written.');
    throw new CancelledError('Cancelled');
  }
  return answer as Exclude<T, symbol>;
}
