import type { Client } from 'pg';
import { PipelineError } from '../../errors/pipeline-error.ts';
import type { Lag, SourceContext } from '../connector.ts';
import type { PostgresColumn } from './table-columns.ts';
import { quoteTable, type TableName } from './table-name.ts';

/** How a source is read incrementally. */
export interface IncrementalSource {
  readonly cursor: PostgresColumn;
  readonly lag?: Lag;
  /**
   * The object identifier of the table, where its records tell which transaction wrote them; views, queries, foreign
   * tables and materialised views do not.
   */
  readonly table?: string;
  /** The file that holds its records; a partitioned table has none of its own. */
  readonly file?: string;
  /** Whether a record that comes again takes the place of the one before. */
  readonly merges: boolean;
}

/** @throws PipelineError `CONFIGURATION` when the lag and the cursor do not go together */
export async function describeIncremental(
  client: Client,
  table: TableName | undefined,
  cursor: PostgresColumn,
  { lag, merges = false }: NonNullable<SourceContext['incremental']>,
): Promise<IncrementalSource> {
  if (lag !== undefined) requireDistance(cursor, lag);
  const tracked = table && (await trackedTable(client, table));
  if (tracked === undefined && lag !== undefined && !merges) throw wouldRepeat();
  return { cursor, merges, ...(lag && { lag }), ...tracked };
}

/** A table, its partitions and whatever inherits from it, as far as PostgreSQL itself keeps their records. */
const TRACKED = `
  WITH RECURSIVE tree AS (
    SELECT to_regclass($1)::oid AS oid
    UNION ALL
    SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = tree.oid
  )
  SELECT to_regclass($1)::oid::text AS "table", pg_relation_filenode(to_regclass($1))::text AS file,
    bool_and(relkind = 'p' OR relkind = 'r' AND relam = (SELECT oid FROM pg_am WHERE amname = 'heap')) AS tracked
  FROM tree JOIN pg_class USING (oid)`;

async function trackedTable(
  client: Client,
  name: TableName,
): Promise<Pick<IncrementalSource, 'table' | 'file'> | undefined> {
  const { rows } = await client.query<{ table: string; file: string | null; tracked: boolean }>(TRACKED, [
    quoteTable(name),
  ]);
  if (!rows[0]?.tracked) return undefined;
  const { table, file } = rows[0];
  return { table, ...(file !== null && { file }) };
}

function requireDistance({ name, type, sqlType, wire, travelsAs }: PostgresColumn, lag: Lag): void {
  const where = { column: name };
  if ('seconds' in lag) {
    if (type.kind === 'timestamp' || type.kind === 'date') return;
    throw new PipelineError(
      'CONFIGURATION',
      `incremental.lag is a duration and needs a cursor that is a time; ${name} is ${sqlType}.`,
      { where, hint: 'Leave lag out, or write a number where the cursor is an integer.' },
    );
  }
  if (/^int[248]$/.test(wire) && travelsAs === undefined) return;
  throw new PipelineError(
    'CONFIGURATION',
    `incremental.lag is a number and needs a cursor that is an integer; ${name} is ${sqlType}.`,
    { where, hint: 'Leave lag out, or write a duration where the cursor is a time.' },
  );
}

function wouldRepeat(): PipelineError {
  return new PipelineError(
    'CONFIGURATION',
    'incremental.lag reads the last records of a view or a query again in each run, and the sink would hold them twice.',
    { hint: 'Use mode: merge for the sink; or leave lag out; or read the table itself.' },
  );
}
