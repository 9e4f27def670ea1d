import { z } from 'zod';
import type { ValuePath } from './problems.ts';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

const schemas = new WeakMap<z.ZodType, JsonSchema>();

/** What a zod schema accepts, before its defaults and transforms. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const known =
    schemas.get(schema) ?? z.toJSONSchema(schema, { io: 'input', target: 'draft-7', unrepresentable: 'any' });
  schemas.set(schema, known);
  return known;
}

/** The schemas that may apply to the value at a path; several where there are alternatives. */
export function schemasAt(root: JsonSchema, path: ValuePath): JsonSchema[] {
  let found = alternatives(root);
  for (const segment of path) {
    found = found.flatMap((schema) => {
      const child = typeof segment === 'number' ? schema.items : childOf(schema, segment);
      return typeof child === 'object' && !Array.isArray(child) ? alternatives(child) : [];
    });
  }
  return found;
}

/** The options that a map at this path may have. */
export function knownKeys(root: JsonSchema, path: ValuePath): string[] {
  return [...new Set(schemasAt(root, path).flatMap((schema) => Object.keys(schema.properties ?? {})))];
}

export function isSecret(root: JsonSchema, path: ValuePath): boolean {
  return schemasAt(root, path).some((schema) => schema.writeOnly === true);
}

function childOf(schema: JsonSchema, key: string): JsonSchema | boolean | undefined {
  const own = Object.hasOwn(schema.properties ?? {}, key) ? schema.properties?.[key] : undefined;
  return own ?? schema.additionalProperties;
}

function alternatives(schema: JsonSchema): JsonSchema[] {
  const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return [schema, ...branches.flatMap(alternatives)];
}
