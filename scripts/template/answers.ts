import { closest, distance } from 'fastest-levenshtein';
import { validate } from 'jsonschema';
import type { Field, Page, TemplateDefinition } from './definition.ts';

/** What the wizard hands to the steps, by the names of its fields. */
export type Answers = Record<string, unknown>;

/** Answers that the template does not allow: one sentence for each, with field, value and what is allowed. */
export class InvalidAnswersError extends Error {
  override readonly name = 'InvalidAnswersError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** The fields that a page shows once `answers` are given, in the order of the form. */
export function fieldsOf(page: Page, answers: Answers): ReadonlyMap<string, Field> {
  const fields = new Map<string, Field>();
  for (const [name, field] of Object.entries(page.properties)) {
    fields.set(name, field);
    const branches = page.dependencies[name]?.oneOf ?? [];
    const answer = answers[name] ?? field.default;
    for (const { properties } of branches) {
      if (!properties[name]?.enum?.some((value) => value === answer)) continue;
      for (const [dependent, schema] of Object.entries(properties)) {
        if (dependent !== name) fields.set(dependent, schema as Field);
      }
    }
  }
  const known = { ...defaultsOf(fields), ...answers };
  for (const condition of page.allOf ?? []) {
    if (!validate(known, condition.if).valid) continue;
    for (const [name, field] of Object.entries(condition.then.properties)) fields.set(name, field);
  }
  return fields;
}

/** The fields of a page, whatever was answered. */
export function everyFieldOf(page: Page): ReadonlyMap<string, Field> {
  const fields = new Map(Object.entries(page.properties));
  const branches = Object.values(page.dependencies).flatMap(({ oneOf }) => oneOf);
  for (const { properties } of [...branches, ...(page.allOf ?? []).map(({ then: branch }) => branch)]) {
    for (const [name, field] of Object.entries(properties)) if ('title' in field) fields.set(name, field as Field);
  }
  return fields;
}

function defaultsOf(fields: ReadonlyMap<string, Field>): Answers {
  return Object.fromEntries(
    [...fields].flatMap(([name, field]) => (field.default === undefined ? [] : [[name, field.default]])),
  );
}

/**
 * Adds the defaults to `given`, as the form of the wizard does and the scaffolder itself does not.
 *
 * @throws InvalidAnswersError when an answer is missing, unknown or not allowed.
 */
export function completeAnswers(template: TemplateDefinition, given: Answers): Answers {
  const problems: string[] = [];
  const answers: Answers = {};
  for (const page of template.spec.parameters) {
    for (const [name, field] of fieldsOf(page, { ...answers, ...given })) {
      const answer = given[name] ?? field.default;
      if (answer === undefined) {
        if (page.required.includes(name)) problems.push(`${name}: is missing. ${allowed(field)}`);
      } else {
        answers[name] = answer;
        problems.push(...checkAnswer(name, field, answer));
      }
    }
  }
  const known = { ...answers, ...given };
  for (const name of Object.keys(given)) {
    if (!(name in answers) && !isKnown(template, name, known)) problems.push(unknown(template, name, known));
  }
  if (problems.length > 0) throw new InvalidAnswersError(problems);
  return answers;
}

/** What is wrong with one answer; empty when nothing is. */
export function checkAnswer(name: string, field: Field, answer: unknown): string[] {
  const { errors } = validate(answer, field);
  const values = new Set(errors.map(({ path, instance }) => (path.length > 0 ? instance : answer)));
  return [...values].map(
    (value) => `${name}: ${JSON.stringify(value)} is not allowed. ${allowed(field)}${hint(field, value)}`,
  );
}

function allowed({ type, enum: choices, items, errorMessage, minimum, maximum, maxItems }: Field): string {
  if (maxItems === 0) return 'Allowed: an empty list.';
  const values = choices ?? items?.enum;
  if (values !== undefined && values.length > 12)
    return `Allowed: one of ${values.length} names, such as ${values[0]} or ${values.at(-1)}.`;
  if (values !== undefined) return `Allowed: ${type === 'array' ? 'a list of ' : ''}${values.join(', ')}.`;
  if (minimum !== undefined) return `Allowed: ${minimum === maximum ? minimum : `${minimum} to ${maximum}`}.`;
  const message = items?.errorMessage ?? errorMessage;
  return `Allowed: ${type === 'array' ? 'a list of ' : ''}${message ?? type}.`;
}

function hint({ enum: choices, items }: Field, value: unknown): string {
  return typeof value === 'string' ? didYouMean(value, choices ?? items?.enum ?? []) : '';
}

function didYouMean(value: string, candidates: readonly string[]): string {
  if (candidates.length === 0) return '';
  const candidate = closest(value, candidates);
  return distance(value, candidate) <= Math.max(2, value.length / 3) ? ` Did you mean ${candidate}?` : '';
}

function isKnown(template: TemplateDefinition, name: string, given: Answers): boolean {
  return template.spec.parameters.some((page) => fieldsOf(page, given).has(name));
}

function unknown(template: TemplateDefinition, name: string, given: Answers): string {
  for (const page of template.spec.parameters) {
    for (const [controlling, { oneOf }] of Object.entries(page.dependencies)) {
      const branch = oneOf.find(({ properties }) => name in properties);
      if (branch === undefined) continue;
      const answers = branch.properties[controlling]?.enum?.join(' or ');
      return doesNotApply(name, given, `${controlling} is ${answers}`);
    }
    const condition = page.allOf?.find((candidate) => name in candidate.then.properties);
    if (condition !== undefined) return doesNotApply(name, given, condition.if.$comment);
  }
  const names = template.spec.parameters.flatMap((page) => [...fieldsOf(page, given).keys()]);
  return `${name}: is not a question of the template.${didYouMean(name, names)} Allowed: ${names.join(', ')}.`;
}

function doesNotApply(name: string, given: Answers, condition: string): string {
  return `${name}: ${JSON.stringify(given[name])} does not apply. It is asked only when ${condition}.`;
}
