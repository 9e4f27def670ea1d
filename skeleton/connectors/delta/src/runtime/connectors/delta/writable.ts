import { PipelineError } from '../../errors/pipeline-error.ts';
import { describeType, type TableSchema } from '../../schema/table-schema.ts';
import { isAppendOnly } from './protocol.ts';
import { deltaTypeName, tableSchemaOf } from './schema-string.ts';
import type { Snapshot } from './snapshot.ts';

interface WriteOptions {
  readonly mode: 'append' | 'replace';
  readonly partitionBy?: readonly string[] | undefined;
}

/**
 * Refuses records and options that a table cannot take.
 *
 * @throws PipelineError `SCHEMA_DRIFT` for the records' columns, `CONFIGURATION` for the options
 */
export function requireWritable(table: string, snapshot: Snapshot, schema: TableSchema, options: WriteOptions): void {
  const { partitionColumns } = snapshot.metadata;
  const { partitionBy = partitionColumns, mode } = options;
  if (JSON.stringify(partitionBy) !== JSON.stringify(partitionColumns)) {
    throw refuse(
      `${table} is partitioned by ${list(partitionColumns)}, not by ${list(partitionBy)}.`,
      'Leave partitionBy out, or write to a new table.',
    );
  }
  if (mode === 'replace' && isAppendOnly(snapshot)) {
    throw refuse(`${table} only takes new records (delta.appendOnly).`, 'Use mode append, or write to another table.');
  }
  requirePartitions(schema, partitionColumns);
  requireColumns(table, tableSchemaOf(snapshot.metadata), schema);
}

/**
 * Refuses columns that no Delta table can have.
 *
 * @throws PipelineError `SCHEMA_DRIFT` for the columns, `CONFIGURATION` for `partitionBy`
 */
export function requireCreatable(schema: TableSchema, partitionBy: readonly string[]): void {
  requireDistinctNames(schema.fields.map(({ name }) => name));
  requirePartitions(schema, partitionBy);
}

/** Delta's column names are unique whatever their case. */
export function requireDistinctNames(names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const other = seen.get(name.toLowerCase());
    if (other !== undefined) {
      throw new PipelineError('SCHEMA_DRIFT', `A Delta table cannot have the columns ${other} and ${name}.`, {
        where: { column: name },
        hint: 'Rename one of them: only their case differs.',
      });
    }
    seen.set(name.toLowerCase(), name);
  }
}

function requirePartitions({ fields }: TableSchema, partitionBy: readonly string[]): void {
  for (const name of partitionBy) {
    const field = fields.find((candidate) => candidate.name === name);
    if (field === undefined) {
      throw refuse(`The records have no column ${name} to partition by.`, 'Correct partitionBy, or add the column.');
    }
    if (field.type.kind === 'binary' || field.type.kind === 'json') {
      throw refuse(`Column ${name} is ${field.type.kind}: files cannot be divided by it.`, 'Correct partitionBy.');
    }
  }
  if (fields.every(({ name }) => partitionBy.includes(name))) {
    throw refuse('A Delta table needs a column that it is not partitioned by.', 'Leave a column out of partitionBy.');
  }
}

function requireColumns(table: string, existing: TableSchema, { fields }: TableSchema): void {
  for (const { name, type } of fields) {
    const column = existing.fields.find((field) => field.name === name);
    if (column !== undefined && deltaTypeName(column.type) === deltaTypeName(type)) continue;
    const found = column === undefined ? 'no such column' : describeType(column.type);
    throw new PipelineError(
      'SCHEMA_DRIFT',
      `${table}: column ${name} is ${describeType(type)}, the table has ${found}.`,
      {
        where: { column: name },
        hint: 'Convert the column in a transformer, or write to a new table.',
      },
    );
  }
  const missing = existing.fields.find(
    ({ name, nullable }) => !nullable && !fields.some((field) => field.name === name),
  );
  if (missing === undefined) return;
  throw new PipelineError('SCHEMA_DRIFT', `${table} needs the column ${missing.name}, which the records do not have.`, {
    where: { column: missing.name },
    hint: 'Give the records the column.',
  });
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.join(', ');
}

function refuse(message: string, hint: string): PipelineError {
  return new PipelineError('CONFIGURATION', message, { hint });
}
