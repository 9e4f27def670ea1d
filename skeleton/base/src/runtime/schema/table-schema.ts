/**
 * The one type system between all systems: every connector maps its own types to and from these.
 *
 * `decimal` without precision and scale is a number of any size (PostgreSQL's bare `numeric`).
 * `timestamp` counts microseconds; with `zone` it is an instant (UTC), without it a wall-clock time.
 */
export type LogicalType =
  | { readonly kind: 'boolean' }
  | { readonly kind: 'int16' }
  | { readonly kind: 'int32' }
  | { readonly kind: 'int64' }
  | { readonly kind: 'float32' }
  | { readonly kind: 'float64' }
  | { readonly kind: 'decimal'; readonly precision?: number; readonly scale?: number }
  | { readonly kind: 'string' }
  | { readonly kind: 'json' }
  | { readonly kind: 'uuid' }
  | { readonly kind: 'binary' }
  | { readonly kind: 'date' }
  | { readonly kind: 'time' }
  | { readonly kind: 'timestamp'; readonly zone: boolean };

export interface Field {
  readonly name: string;
  readonly type: LogicalType;
  readonly nullable: boolean;
}

/** The columns of one table or file, in order; names are unique. */
export interface TableSchema {
  readonly fields: readonly Field[];
}

/** A type as people write it: `int64`, `decimal(12,2)`, `timestamp with zone`. */
export function describeType(type: LogicalType): string {
  if (type.kind === 'timestamp') return type.zone ? 'timestamp with zone' : 'timestamp';
  if (type.kind === 'decimal' && type.precision !== undefined) return `decimal(${type.precision},${type.scale ?? 0})`;
  return type.kind;
}

export function sameType(left: LogicalType, right: LogicalType): boolean {
  return describeType(left) === describeType(right);
}

export function fieldNames(schema: TableSchema): string[] {
  return schema.fields.map((field) => field.name);
}
