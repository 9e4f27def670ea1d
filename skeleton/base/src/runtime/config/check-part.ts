import type { z } from 'zod';
import { hasReference } from './environment.ts';
import { type Explanation, explainIssue } from './explain-issue.ts';
import { isSecret, jsonSchemaOf, knownKeys } from './json-schema.ts';
import { type ConfigProblem, formatPath, type ValuePath } from './problems.ts';
import type { YamlFile } from './yaml-file.ts';

export interface PartOptions {
  /** The value to check; by default what the file holds at the path. */
  readonly value?: unknown;
  /** Options that somebody else checks: left out here, and named in the list of what is known. */
  readonly besides?: readonly string[];
  /** Whether references are resolved already, so that nothing is left for later. */
  readonly resolved?: boolean;
}

/**
 * Checks one part of the file against a schema. What depends on a reference to the environment is left for the
 * moment when it is resolved.
 */
export function checkPart(
  file: YamlFile,
  schema: z.ZodType,
  path: ValuePath,
  options: PartOptions = {},
): ConfigProblem[] {
  const { besides = [], resolved = false } = options;
  const value = without('value' in options ? options.value : valueAt(file.value, path), besides);
  const result = schema.safeParse(value);
  if (result.success) return [];
  const json = jsonSchemaOf(schema);
  const explanations = result.error.issues.flatMap((issue) =>
    explainIssue(issue, {
      valueAt: (inner) => valueAt(value, inner),
      knownKeys: (inner) => (inner.length === 0 ? [...besides, ...knownKeys(json, inner)] : knownKeys(json, inner)),
      isSecret: (inner) => isSecret(json, inner),
    }),
  );
  return explanations
    .filter((explanation) => resolved || !isReference(valueAt(value, explanation.path)))
    .map((explanation) => placed(file, { ...explanation, path: [...path, ...explanation.path] }));
}

/** A problem with the place of its path in the file. */
export function placed(file: YamlFile, { path, atKey, message, hint }: Explanation): ConfigProblem {
  const place = atKey === true ? file.locateKey(path) : file.locate(path);
  return { path: formatPath(path), ...place, message, ...(hint === undefined ? {} : { hint }) };
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function valueAt(root: unknown, path: ValuePath): unknown {
  let value = root;
  for (const part of path) {
    if (Array.isArray(value)) value = value[Number(part)];
    else value = isMap(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  }
  return value;
}

/** A copy of a map without the named options; anything else as it is. */
export function without(value: unknown, keys: readonly string[]): unknown {
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
}

function isReference(value: unknown): boolean {
  return typeof value === 'string' && hasReference(value);
}
