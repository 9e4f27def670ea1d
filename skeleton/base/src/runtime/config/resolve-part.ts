import type { z } from 'zod';
import { checkPart, isMap, valueAt, without } from './check-part.ts';
import { type Environment, hasReference, missingVariable, resolveReferences } from './environment.ts';
import { isSecret, type JsonSchema, jsonSchemaOf, schemasAt } from './json-schema.ts';
import { type ConfigProblem, ConfigurationError, type ValuePath } from './problems.ts';
import { hasPassword, registerSecret } from './secrets.ts';
import type { YamlFile } from './yaml-file.ts';

export interface ResolveOptions {
  /** Options that somebody else takes. */
  readonly besides?: readonly string[];
  readonly environment: Environment;
}

/**
 * One part of the file with its references resolved and checked, as its schema takes it. Its secrets are hidden from
 * now on in all that is printed.
 *
 * @throws ConfigurationError when a variable is missing or makes an option wrong
 */
export function resolvePart(file: YamlFile, schema: z.ZodType, path: ValuePath, options: ResolveOptions): unknown {
  const raw = without(valueAt(file.value, path) ?? {}, options.besides ?? []);
  const missing: ConfigProblem[] = [];
  const json = jsonSchemaOf(schema);
  const value = mapTexts(raw, [], (text, inner) => {
    const resolved = resolveReferences(text, options.environment, (name) => {
      missing.push({ ...missingVariable(name, [...path, ...inner]), ...file.locate([...path, ...inner]) });
    });
    if (isSecret(json, inner) || hasPassword(resolved)) registerSecret(resolved);
    return hasReference(text) ? asTyped(resolved, schemasAt(json, inner)) : resolved;
  });
  if (missing.length > 0) throw new ConfigurationError(file.path, missing);
  const problems = checkPart(file, schema, path, { value, resolved: true });
  if (problems.length > 0) throw new ConfigurationError(file.path, problems);
  return value;
}

/** Variables are text; where the schema wants a number or a truth value they are read as one. */
function asTyped(text: string, schemas: readonly JsonSchema[]): unknown {
  const types = new Set(schemas.map((schema) => schema.type));
  if (types.has('string')) return text;
  if ((types.has('number') || types.has('integer')) && text.trim() !== '' && Number.isFinite(Number(text)))
    return Number(text);
  if (types.has('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function mapTexts(value: unknown, path: ValuePath, change: (text: string, path: ValuePath) => unknown): unknown {
  if (typeof value === 'string') return change(value, path);
  if (Array.isArray(value)) return value.map((item, index) => mapTexts(item, [...path, index], change));
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, [...path, key], change)]));
}
