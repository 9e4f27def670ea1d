import { PipelineError } from '../errors/pipeline-error.ts';
import type { Loader } from '../pipeline/loader.ts';
import { describeType, type Field, fieldNames, type TableSchema } from './table-schema.ts';

/**
 * What happens when records have columns that the sink has not.
 *
 * - `manual`: the run fails before anything is moved, and somebody decides
 * - `warn`: the new columns are left out, and the run says so
 * - `auto`: the new columns are added to the sink, nullable
 */
export type SchemaEvolution = 'manual' | 'warn' | 'auto';

export interface AgreedSchema {
  /** What batches are converted to before they are loaded. */
  readonly schema: TableSchema;
  /** What changed or was left out, in words. */
  readonly changes: readonly string[];
}

/**
 * Brings the columns of the records and those of the sink together, and makes the sink ready.
 *
 * Columns that both have keep the sink's type. Columns that only the sink has stay NULL.
 *
 * @param existing the columns of the sink as it is, `undefined` where it does not exist yet
 * @throws PipelineError `SCHEMA_DRIFT` when a new column is not allowed, or a column that the sink needs is missing
 */
export async function agreeOnSchema<T>(
  wanted: TableSchema,
  existing: TableSchema | undefined,
  loader: Loader<T>,
  evolution: SchemaEvolution,
  resource: string,
): Promise<AgreedSchema> {
  if (existing === undefined) {
    await loader.prepare(wanted);
    return { schema: wanted, changes: [] };
  }
  const inSink = new Map(existing.fields.map((field) => [field.name, field]));
  const added = wanted.fields.filter((field) => !inSink.has(field.name));
  requireColumns(wanted, existing, resource);
  if (added.length > 0 && evolution === 'manual') throw unexpected(added, existing, resource);
  const nullable = added.map((field) => ({ ...field, nullable: true }));
  if (added.length > 0 && evolution === 'auto') await loader.evolve(nullable);
  const fields = wanted.fields.flatMap((field) => {
    const known = inSink.get(field.name);
    if (known !== undefined) return [known];
    return evolution === 'auto' ? [{ ...field, nullable: true }] : [];
  });
  const schema = { fields };
  await loader.prepare(schema);
  const what = evolution === 'auto' ? 'added to the sink' : 'left out: the sink has no such column';
  return { schema, changes: added.map((field) => `${field.name} ${describeType(field.type)}: ${what}`) };
}

function unexpected(added: readonly Field[], existing: TableSchema, resource: string): PipelineError {
  const names = added.map((field) => `${field.name} (${describeType(field.type)})`).join(', ');
  return new PipelineError(
    'SCHEMA_DRIFT',
    `The sink has no column ${names}; it has ${fieldNames(existing).join(', ')}.`,
    {
      where: { resource },
      hint: "Add the column to the sink, or set schemaEvolution to 'auto' (add it) or 'warn' (leave it out).",
    },
  );
}

function requireColumns(wanted: TableSchema, existing: TableSchema, resource: string): void {
  const given = new Set(fieldNames(wanted));
  const missing = existing.fields.filter((field) => !field.nullable && !given.has(field.name));
  if (missing.length === 0) return;
  throw new PipelineError(
    'SCHEMA_DRIFT',
    `The sink needs ${missing.map((field) => field.name).join(', ')}, which the records do not have.`,
    { where: { resource }, hint: 'Let the column allow NULL or have a default, or give the records the column.' },
  );
}
