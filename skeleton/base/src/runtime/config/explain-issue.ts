import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import type { ConfigProblem, ValuePath } from './problems.ts';

type Issue = z.core.$ZodIssue;

/** What is wrong at one path, before it has a place in a file. */
export interface Explanation extends Pick<ConfigProblem, 'message' | 'hint'> {
  readonly path: ValuePath;
  /** Whether the key is wrong, not its value. */
  readonly atKey?: boolean;
}

export interface ExplanationContext {
  /** The value at a path, for `found …`. */
  valueAt(path: ValuePath): unknown;
  /** Options that the map at a path may have. */
  knownKeys(path: ValuePath): readonly string[];
  /** Whether the value at a path must not be shown. */
  isSecret(path: ValuePath): boolean;
}

const TYPE_NAMES = new Map([
  ['string', 'text'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'a map of options'],
  ['record', 'a map of names'],
]);

/** Says in the words of the file what zod found; several explanations where one issue covers several keys. */
export function explainIssue(issue: Issue, context: ExplanationContext): Explanation[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key], key, context.knownKeys(path)));
    case 'invalid_key':
      return [{ path, atKey: true, message: `this name ${issue.issues.map((inner) => inner.message).join(', ')}` }];
    case 'invalid_union':
      return explainUnion(issue, path, context);
    case 'invalid_value':
      return [notAllowed(path, issue.values.map(String), context)];
    default:
      return [{ path, message: `${messageOf(issue, path, context)}` }];
  }
}

/** `did you mean orders?` where one of the choices is close. */
export function suggest(found: string, choices: readonly string[]): string | undefined {
  if (choices.length === 0) return undefined;
  const best = closest(found, choices);
  return distance(found, best) <= Math.max(2, Math.floor(best.length / 3)) ? `did you mean ${best}?` : undefined;
}

/** `append, replace or merge` */
export function listChoices(choices: readonly string[]): string {
  return choices.length < 2 ? (choices[0] ?? 'none') : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
}

function unknownKey(path: ValuePath, key: string, known: readonly string[]): Explanation {
  const hint = suggest(key, known);
  const options = known.length === 0 ? '' : `; the options are ${known.join(', ')}`;
  return { path, atKey: true, message: `unknown option${options}`, ...(hint && { hint }) };
}

function notAllowed(path: ValuePath, choices: readonly string[], context: ExplanationContext): Explanation {
  const value = context.valueAt(path);
  if (value === undefined) return { path, message: `is missing; choose ${listChoices(choices)}` };
  const hint = typeof value === 'string' ? suggest(value, choices) : undefined;
  const message = `${found(path, context)} is not allowed; choose ${listChoices(choices)}`;
  return { path, message, ...(hint && { hint }) };
}

/** What zod says of a union that has no message of its own. */
const NO_MESSAGE = 'Invalid input';

function explainUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  path: ValuePath,
  context: ExplanationContext,
): Explanation[] {
  if ('options' in issue && Array.isArray(issue.options)) return [notAllowed(path, issue.options.map(String), context)];
  const branches = issue.errors.map((errors) =>
    errors.flatMap((inner) => explainIssue({ ...inner, path: [...path, ...inner.path] }, context)),
  );
  const deeper = branches.filter((branch) => branch.every((problem) => problem.path.length > path.length));
  const best = deeper.toSorted((left, right) => left.length - right.length)[0];
  if (best !== undefined) return best;
  if (issue.message !== NO_MESSAGE) return [{ path, message: `${issue.message}, found ${found(path, context)}` }];
  const wanted = issue.errors.flatMap((errors) => errors.flatMap((inner) => expectedBy(inner)));
  if (wanted.length === 0) return [{ path, message: issue.message }];
  return [{ path, message: `must be ${listChoices([...new Set(wanted)])}, found ${found(path, context)}` }];
}

function expectedBy(issue: Issue): string[] {
  if (issue.code === 'invalid_type') return [TYPE_NAMES.get(issue.expected) ?? issue.expected];
  return issue.code === 'invalid_value' ? issue.values.map(String) : [];
}

function messageOf(issue: Issue, path: ValuePath, context: ExplanationContext): string {
  if (issue.code === 'invalid_type') {
    const expected = TYPE_NAMES.get(issue.expected) ?? issue.expected;
    if (context.valueAt(path) === undefined) return `is missing; it must be ${expected}`;
    return `must be ${expected}, found ${found(path, context)}`;
  }
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    const [word, limit] = issue.code === 'too_small' ? ['at least', issue.minimum] : ['at most', issue.maximum];
    const unit = new Map([
      ['string', limit === 1 ? ' character' : ' characters'],
      ['array', limit === 1 ? ' entry' : ' entries'],
    ]).get(issue.origin);
    return `must ${unit === undefined ? 'be' : 'have'} ${word} ${limit}${unit ?? ''}, found ${found(path, context)}`;
  }
  if (issue.code === 'invalid_format') return `${issue.message}, found ${found(path, context)}`;
  return issue.message;
}

function found(path: ValuePath, context: ExplanationContext): string {
  if (context.isSecret(path)) return 'a value that is not shown';
  return describeValue(context.valueAt(path));
}

/** A value as a message shows it, short. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}…` : value);
}
