import { type Field, fieldNames, type LogicalType, type TableSchema } from './table-schema.ts';

/**
 * The columns that hold all the given rows: every property of any row, nullable, of the narrowest type that fits
 * all its values. Whole numbers are int64, others float64, objects and arrays json, a mixture is string.
 *
 * @param expected columns whose types are known; they win for the names they share
 */
export function inferSchema(rows: readonly Values[], expected?: TableSchema): TableSchema {
  const types = new Map<string, LogicalType | undefined>();
  widenTypes(types, rows);
  return schemaOf(types, expected?.fields);
}

/** The same of records that all have the same properties. @param valuesOf asked for those that are not expected */
export function inferColumns(
  names: readonly string[],
  valuesOf: (name: string) => readonly unknown[],
  expected: TableSchema,
): TableSchema {
  const known = new Set(fieldNames(expected));
  const types = names.map((name) => [name, known.has(name) ? undefined : typeOfAll(valuesOf(name))] as const);
  return schemaOf(new Map(types), expected.fields);
}

function schemaOf(types: ReadonlyMap<string, LogicalType | undefined>, expected: readonly Field[] = []): TableSchema {
  const known = new Map(expected.map((field) => [field.name, field]));
  const fields = [...types].map(
    ([name, type]): Field => known.get(name) ?? { name, type: type ?? { kind: 'string' }, nullable: true },
  );
  return { fields };
}

type Values = Readonly<Record<string, unknown>>;

/**
 * Widens the types of columns, and adds columns, so that they hold these rows, too.
 *
 * @param types of the columns so far; `undefined` of one that has held nothing but NULL
 */
export function widenTypes(types: Map<string, LogicalType | undefined>, rows: readonly Values[]): void {
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      types.set(name, widen(types.get(name), typeOf(value)));
    }
  }
}

function typeOfAll(values: readonly unknown[]): LogicalType | undefined {
  let type: LogicalType | undefined;
  for (const value of values) type = widen(type, typeOf(value));
  return type;
}

/** The type of one value, `undefined` for null. */
function typeOf(value: unknown): LogicalType | undefined {
  if (value === null || value === undefined) return undefined;
  switch (typeof value) {
    case 'boolean':
      return { kind: 'boolean' };
    case 'number':
      return { kind: Number.isSafeInteger(value) ? 'int64' : 'float64' };
    case 'bigint':
      return { kind: 'int64' };
    case 'object':
      if (value instanceof Date) return { kind: 'timestamp', zone: true };
      return { kind: value instanceof Uint8Array ? 'binary' : 'json' };
    default:
      return { kind: 'string' };
  }
}

function widen(left: LogicalType | undefined, right: LogicalType | undefined): LogicalType | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  if (left.kind === right.kind) return left;
  const numbers = new Set(['int64', 'float64']);
  return { kind: numbers.has(left.kind) && numbers.has(right.kind) ? 'float64' : 'string' };
}
