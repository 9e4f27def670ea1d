import { describeType, type LogicalType, type TableSchema } from '../../schema/table-schema.ts';
import { type ColumnTypes, fileFormat } from './file-formats.ts';
import type { FilesSource } from './options.ts';
import type { SourceFile } from './source-files.ts';

/** How many files are looked at, the newest, and how many records of all of them together. */
const SAMPLED_FILES = 100;
const SAMPLED_RECORDS = 10_000;

/**
 * The columns that hold the records of all files: each column that any of the newest files has, nullable, of the
 * narrowest type that fits the values sampled from each.
 *
 * @param expected columns whose types are known; they win for the names they share
 */
export async function inferFileSchema(
  files: readonly SourceFile[],
  options: FilesSource,
  expected: TableSchema | undefined,
): Promise<TableSchema> {
  const sampled = files.filter((file) => file.size > 0).slice(-SAMPLED_FILES);
  const records = Math.ceil(SAMPLED_RECORDS / Math.max(1, sampled.length));
  const merged = new Map<string, LogicalType | undefined>();
  for (const file of sampled) {
    const types: ColumnTypes = await fileFormat(file).columnTypes(file, options, records);
    for (const [name, type] of types) merged.set(name, mergeTypes(merged.get(name), type));
  }
  const known = new Map(expected?.fields.map((field) => [field.name, field]));
  return {
    fields: [...merged].map(
      ([name, type]) => known.get(name) ?? { name, type: type ?? { kind: 'string' }, nullable: true },
    ),
  };
}

const INTEGERS: readonly LogicalType['kind'][] = ['int16', 'int32', 'int64'];
const NUMBERS: readonly LogicalType['kind'][] = [...INTEGERS, 'decimal', 'float32', 'float64'];

/** The narrowest type that holds the values of both. */
function mergeTypes(left: LogicalType | undefined, right: LogicalType | undefined): LogicalType | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  if (describeType(left) === describeType(right)) return left;
  const kinds = [left.kind, right.kind];
  if (kinds.every((kind) => INTEGERS.includes(kind))) return { kind: 'int64' };
  if (kinds.every((kind) => INTEGERS.includes(kind) || kind === 'decimal')) return mergeDecimals(left, right);
  if (kinds.every((kind) => NUMBERS.includes(kind))) return { kind: 'float64' };
  const dates = kinds.every((kind) => kind === 'date' || kind === 'timestamp');
  return dates ? { kind: 'timestamp', zone: false } : { kind: 'string' };
}

function mergeDecimals(left: LogicalType, right: LogicalType): LogicalType {
  const sizes = [left, right].map((type) => {
    if (type.kind !== 'decimal') return { whole: 9, scale: 0 };
    return type.precision === undefined
      ? undefined
      : { whole: type.precision - (type.scale ?? 0), scale: type.scale ?? 0 };
  });
  const [first, second] = sizes;
  if (first === undefined || second === undefined) return { kind: 'decimal' };
  const scale = Math.max(first.scale, second.scale);
  return { kind: 'decimal', precision: Math.max(first.whole, second.whole) + scale, scale };
}
