import { createHash } from 'node:crypto';
import type { Column } from '../../columns/column.ts';
import type { Columns } from '../../columns/columns.ts';
import { readValues } from '../../columns/read-values.ts';
import type { ConversionFailure } from '../../columns/rows.ts';
import type { LogicalType } from '../../schema/table-schema.ts';

/** The values of the partition columns, as the log writes them. */
export type PartitionValues = Readonly<Record<string, string | null>>;

export interface Partition {
  readonly values: PartitionValues;
  /** Records of the batch that lie in the partition. */
  readonly columns: Columns;
}

/** Name that Hive, and after it Delta, gives the folder of records without a value. */
const NULL_FOLDER = '__HIVE_DEFAULT_PARTITION__';
/** Longest folder name to make from a value; file systems allow 255 bytes. */
const FOLDER_BYTES = 200;

/** Divides records by the values of the partition columns. */
export function splitByPartition(columns: Columns, partitionColumns: readonly string[]): Partition[] {
  if (columns.length === 0) return [];
  if (partitionColumns.length === 0) return [{ values: {}, columns }];
  const texts = partitionColumns.map((name) => partitionTexts(columns.column(name), columns.length));
  const groups = new Map<string, number[]>();
  for (let index = 0; index < columns.length; index++) {
    const key = JSON.stringify(texts.map((values) => values[index] ?? null));
    const indices = groups.get(key);
    if (indices === undefined) groups.set(key, [index]);
    else indices.push(index);
  }
  return Array.from(groups.values(), (indices) => {
    const first = indices[0] ?? 0;
    const values = partitionColumns.map((name, position) => [name, texts[position]?.[first] ?? null]);
    return {
      values: Object.fromEntries(values),
      columns: indices.length === columns.length ? columns : columns.take(indices),
    };
  });
}

/** The records that no partition can hold: Delta reads an empty text in a partition column as NULL. */
export function findUnpartitionable(columns: Columns, partitionColumns: readonly string[]): ConversionFailure[] {
  const failures = new Map<number, ConversionFailure>();
  for (const name of partitionColumns) {
    const column = columns.column(name);
    if (column.storage !== 'bytes') continue;
    for (let index = 0; index < columns.length; index++) {
      const empty = column.offsets[index] === column.offsets[index + 1] && column.valid?.[index] !== 0;
      if (!empty || failures.has(index)) continue;
      failures.set(index, { index, column: name, message: 'is empty, which Delta cannot keep in a partition column' });
    }
  }
  return [...failures.values()].sort((left, right) => left.index - right.index);
}

function partitionTexts(column: Column, length: number): (string | null)[] {
  return readValues(column, length).map((value) => (value === null ? null : partitionText(value, column.field.type)));
}

function partitionText(value: unknown, type: LogicalType): string {
  const text = String(value);
  return type.kind === 'timestamp' && !type.zone ? text.replace('T', ' ') : text;
}

/** Folder of a partition, relative to the table: `country=DE/day=2026-01-31`; `''` for a table without partitions. */
export function partitionFolder(values: PartitionValues): string {
  return Object.entries(values)
    .map(([name, value]) => folderName(escapeName(name), value))
    .join('/');
}

function folderName(name: string, value: string | null): string {
  const folder = `${name}=${value === null ? NULL_FOLDER : escapeName(value)}`;
  if (Buffer.byteLength(folder) <= FOLDER_BYTES) return folder;
  return createHash('sha256').update(folder).digest('hex');
}

/** Characters that Hive escapes in folder names. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what has to be escaped
const UNSAFE = /[\u0000-\u001f"#%'*/:=?\\\u007f{}[\]^<>| ]/g;

function escapeName(text: string): string {
  return text.replace(UNSAFE, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

/** A relative file path as the log writes it: each segment escaped as in a URI. */
export function toLogPath(path: string): string {
  return path
    .split('/')
    .map((segment) => encodeURIComponent(segment).replaceAll('%3D', '='))
    .join('/');
}
