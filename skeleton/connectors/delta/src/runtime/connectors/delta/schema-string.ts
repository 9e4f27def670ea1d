import { z } from 'zod';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { parseType } from '../../schema/parse-type.ts';
import { describeType, type Field, type LogicalType, type TableSchema } from '../../schema/table-schema.ts';
import type { Metadata } from './actions.ts';

/** Key of a Delta column's metadata that keeps a type Delta does not have: `json`, `uuid`, `time`, `decimal`. */
const TYPE_KEY = 'etl.type';

/** Digits of the largest decimal that Delta has. */
const DECIMAL_DIGITS = 38;

const structFieldSchema = z.object({
  name: z.string(),
  /** A primitive type's name, or an object for struct, array and map. */
  type: z.union([z.string(), z.looseObject({ type: z.string() })]),
  nullable: z.boolean(),
  metadata: z.record(z.string(), z.unknown()).default({}),
});
const structSchema = z.object({ type: z.literal('struct'), fields: z.array(structFieldSchema) });

export type StructField = z.infer<typeof structFieldSchema>;

/** Name of the Delta type that holds values of a type; types that Delta does not have are kept as text. */
export function deltaTypeName(type: LogicalType): string {
  switch (type.kind) {
    case 'int16':
      return 'short';
    case 'int32':
      return 'integer';
    case 'int64':
      return 'long';
    case 'float32':
      return 'float';
    case 'float64':
      return 'double';
    case 'decimal':
      return hasDeltaDecimal(type) ? `decimal(${type.precision},${type.scale ?? 0})` : 'string';
    case 'timestamp':
      return type.zone ? 'timestamp' : 'timestamp_ntz';
    case 'json':
    case 'uuid':
    case 'time':
      return 'string';
    case 'boolean':
    case 'string':
    case 'binary':
    case 'date':
      return type.kind;
  }
}

function hasDeltaDecimal(type: { readonly precision?: number }): boolean {
  return type.precision !== undefined && type.precision <= DECIMAL_DIGITS;
}

/** The type that a data file holds for a column: the column's own, or `string` where Delta has no such type. */
export function storedType(type: LogicalType): LogicalType {
  return deltaTypeName(type) === 'string' ? { kind: 'string' } : type;
}

export function toStructField({ name, type, nullable }: Field): StructField {
  const keepsType = deltaTypeName(type) === 'string' && type.kind !== 'string';
  return { name, type: deltaTypeName(type), nullable, metadata: keepsType ? { [TYPE_KEY]: describeType(type) } : {} };
}

export function formatSchemaString(fields: readonly StructField[]): string {
  return JSON.stringify({ type: 'struct', fields });
}

/** The columns as the log has them, with all they carry. */
export function parseSchemaString({ schemaString }: Metadata): StructField[] {
  try {
    return structSchema.parse(JSON.parse(schemaString)).fields;
  } catch (error) {
    throw new PipelineError('UNREADABLE', 'The schema in the Delta log cannot be read.', {
      hint: 'Restore the log from a backup, or write to another table.',
      cause: error,
    });
  }
}

/** The columns of a table. */
export function tableSchemaOf(metadata: Metadata): TableSchema {
  return { fields: parseSchemaString(metadata).map(toField) };
}

const PRIMITIVES: Readonly<Record<string, LogicalType>> = {
  boolean: { kind: 'boolean' },
  short: { kind: 'int16' },
  integer: { kind: 'int32' },
  long: { kind: 'int64' },
  float: { kind: 'float32' },
  double: { kind: 'float64' },
  string: { kind: 'string' },
  binary: { kind: 'binary' },
  date: { kind: 'date' },
  timestamp: { kind: 'timestamp', zone: true },
  timestamp_ntz: { kind: 'timestamp', zone: false },
};

function toField({ name, type, nullable, metadata }: StructField): Field {
  return { name, nullable, type: keptType(type, metadata) ?? primitive(name, type) };
}

/** The type of a text column that this connector made for a type Delta does not have. */
function keptType(type: StructField['type'], metadata: StructField['metadata']): LogicalType | undefined {
  const kept = metadata[TYPE_KEY];
  if (type !== 'string' || typeof kept !== 'string') return undefined;
  try {
    const logical = parseType(kept);
    return deltaTypeName(logical) === 'string' ? logical : undefined;
  } catch {
    return undefined;
  }
}

function primitive(name: string, type: StructField['type']): LogicalType {
  const typeName = typeof type === 'string' ? type : type.type;
  const decimal = /^decimal\((\d+),(\d+)\)$/.exec(typeName);
  if (decimal !== null) return { kind: 'decimal', precision: Number(decimal[1]), scale: Number(decimal[2]) };
  const logical = PRIMITIVES[typeName];
  if (logical !== undefined) return logical;
  throw new PipelineError('CONFIGURATION', `Column ${name} of the Delta table has the type ${typeName}.`, {
    where: { column: name },
    hint: `This connector writes the types ${Object.keys(PRIMITIVES).join(', ')} and decimal: write to another table.`,
  });
}
