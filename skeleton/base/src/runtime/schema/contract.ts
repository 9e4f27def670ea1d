import { z } from 'zod';
import { parseType } from './parse-type.ts';
import type { Field, LogicalType, TableSchema } from './table-schema.ts';

/**
 * The columns of the records that a zod object describes, as it gives them (after coercions and transforms).
 *
 * A field made by `schema/fields.ts`, or with `.meta({ column: 'decimal(12,2)' })`, says its type itself. Otherwise
 * integers are int64, other numbers float64, dates and date-times timestamps with zone, objects, arrays, records
 * and unions json, and all else string. Optional and nullable fields are nullable columns.
 */
export function tableSchemaOf(contract: z.ZodType): TableSchema | undefined {
  const object = output(contract);
  if (!(object instanceof z.ZodObject)) return undefined;
  const fields = Object.entries(object.shape).map(([name, type]) => fieldOf(name, type));
  return { fields };
}

/** Names of the properties that a contract takes, and of those that it cannot do without. */
export interface ContractFields {
  readonly all: readonly string[];
  readonly required: readonly string[];
}

/** `undefined` when the contract is no zod object. */
export function inputFieldsOf(contract: z.ZodType): ContractFields | undefined {
  const object = contract instanceof z.ZodPipe ? contract.in : contract;
  if (!(object instanceof z.ZodObject)) return undefined;
  const all = Object.keys(object.shape);
  const required = all.filter((name) => !z.safeParse(object.shape[name] ?? z.unknown(), undefined).success);
  return { all, required };
}

function fieldOf(name: string, type: z.core.$ZodType): Field {
  const nullable = accepts(type, null) || accepts(type, undefined);
  return { name, type: logicalType(type), nullable };
}

function accepts(type: z.core.$ZodType, value: unknown): boolean {
  const result = z.safeParse(type, value);
  return result.success && (result.data === null || result.data === undefined);
}

/** Follows wrappers to the type whose values come out. */
function output(type: z.core.$ZodType): z.core.$ZodType {
  if (type instanceof z.ZodOptional || type instanceof z.ZodNullable || type instanceof z.ZodDefault) {
    return output(type.unwrap());
  }
  if (type instanceof z.ZodReadonly || type instanceof z.ZodCatch) return output(type.unwrap());
  if (type instanceof z.ZodPipe) return type.out instanceof z.ZodTransform ? type : output(type.out);
  return type;
}

function logicalType(type: z.core.$ZodType): LogicalType {
  const declared = declaredType(type);
  if (declared !== undefined) return declared;
  const inner = output(type);
  if (inner !== type) return logicalType(inner);
  if (inner instanceof z.ZodBoolean) return { kind: 'boolean' };
  if (inner instanceof z.ZodBigInt) return { kind: 'int64' };
  if (inner instanceof z.ZodNumber) return { kind: inner.isInt ? 'int64' : 'float64' };
  if (inner instanceof z.ZodDate) return { kind: 'timestamp', zone: true };
  if (inner instanceof z.ZodISODate) return { kind: 'date' };
  if (inner instanceof z.ZodISOTime) return { kind: 'time' };
  if (inner instanceof z.ZodISODateTime) return { kind: 'timestamp', zone: true };
  if (inner instanceof z.ZodUUID || inner instanceof z.ZodGUID) return { kind: 'uuid' };
  const structured = [z.ZodObject, z.ZodArray, z.ZodRecord, z.ZodTuple, z.ZodUnion, z.ZodIntersection, z.ZodUnknown];
  return { kind: structured.some((structure) => inner instanceof structure) ? 'json' : 'string' };
}

/** The `column` that a type or one it wraps says of itself. */
function declaredType(type: z.core.$ZodType): LogicalType | undefined {
  const column = z.globalRegistry.get(type)?.column;
  if (typeof column === 'string') return parseType(column);
  if (type instanceof z.ZodOptional || type instanceof z.ZodNullable || type instanceof z.ZodDefault) {
    return declaredType(type.unwrap());
  }
  return undefined;
}
