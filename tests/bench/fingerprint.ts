import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Sink } from './move.ts';
import { openEnvironment } from './peers/peer.ts';

const columnSchema = z.object({
  /** As DuckDB names it. */
  type: z.string(),
  /** The form in which values are compared. */
  kind: z.string(),
  hash: z.string(),
  /** Values that are NULL. */
  missing: z.int(),
});

const fingerprintSchema = z.object({
  rows: z.int(),
  /** Sum of the hashes of all rows. */
  whole: z.string(),
  columns: z.record(z.string(), columnSchema),
});
export type Fingerprint = z.output<typeof fingerprintSchema>;

export interface FingerprintRequest {
  readonly relation: Sink;
  /** SQL of columns that are to be taken as something else. */
  readonly changes?: Readonly<Record<string, string>> | undefined;
  /** Takes its columns only, and their forms. */
  readonly like?: Fingerprint;
}

const PROGRAM = fileURLToPath(new URL('fingerprint.py', import.meta.url));

/** Reads tables, Parquet files and Delta tables with DuckDB, whoever wrote them. `url` is the server of the tables. */
export async function openFingerprints(url: string): Promise<(request: FingerprintRequest) => Fingerprint> {
  const { python, folder } = await openEnvironment('duckdb');
  const [postgresScanner] = globSync(join(folder, 'lib/**/postgres_scanner.duckdb_extension'));
  return ({ relation, changes = {}, like }) => {
    const columns = like && Object.fromEntries(Object.entries(like.columns).map(([name, { kind }]) => [name, kind]));
    const input = JSON.stringify({ postgresScanner, url, relation, changes, columns });
    const output = execFileSync(python, [PROGRAM], { input, encoding: 'utf8', maxBuffer: 2 ** 26 });
    return fingerprintSchema.parse(JSON.parse(output));
  };
}

export interface Comparison {
  /** What is wrong, in words. Empty: the same rows. */
  readonly differences: readonly string[];
  /** Columns that have another type, where that changed no value. */
  readonly types: readonly string[];
}

export function compare(expected: Fingerprint, actual: Fingerprint): Comparison {
  const pairs = Object.entries(expected.columns).map(([name, column]) => ({
    name,
    column,
    other: actual.columns[name],
  }));
  const differences = pairs.flatMap(({ name, column, other }) => {
    if (other === undefined) return [`${name} is missing`];
    if (other.missing !== column.missing) return [`${name} has ${other.missing} NULLs instead of ${column.missing}`];
    return other.hash === column.hash ? [] : [`${name} has other values`];
  });
  const types = pairs.flatMap(({ name, column, other }) =>
    other !== undefined && other.type !== column.type ? [`${name}: ${column.type} → ${other.type}`] : [],
  );
  if (actual.rows !== expected.rows) differences.unshift(`${actual.rows} rows instead of ${expected.rows}`);
  if (differences.length === 0 && actual.whole !== expected.whole) differences.push('values are in other rows');
  return { differences, types };
}
