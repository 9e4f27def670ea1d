import type { Client } from 'pg';
import { z } from 'zod';
import { PipelineError } from '../../errors/pipeline-error.ts';
import type { SourcePosition } from './source-position.ts';

/**
 * The transactions of a server at the moment of a snapshot, by their numbers of 64 bits.
 *
 * A record's system column `xmin` is the transaction that wrote it (its subtransaction, which has a larger number). What
 * transactions before `ended` have written is in the snapshot, and no record of theirs will ever be added.
 */
export interface Transactions {
  /** All transactions before this one have ended. */
  readonly ended: bigint;
  /** `age(xmin)` counts from this one on, as long as the database transaction lasts. */
  readonly next: bigint;
}

/** What is read until the end of the transaction is one state of the database. */
export async function beginSnapshot(client: Client): Promise<void> {
  await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ');
}

/**
 * The oldest transaction that was going on in this database, else the first one to come. Passed over are:
 *
 * - those before the position: they were passed over when it was made
 * - those of other databases and of autovacuum, which has no user: they write no record of ours
 *
 * A transaction that has ended since the snapshot was taken holds no lock any more: nobody knows whose it was.
 * A standby does not know the transactions of its primary one by one.
 */
const TRANSACTIONS = `
  WITH owned AS MATERIALIZED (
    SELECT transactionid AS id, datname <> current_database() OR usesysid IS NULL AS "isPassedOver"
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock' AND granted
    UNION ALL
    SELECT transaction, database <> current_database() FROM pg_prepared_xacts
  ), boundary AS MATERIALIZED (
    SELECT CASE WHEN pg_is_in_recovery() THEN greatest(pg_snapshot_xmin(snapshot), $1::xid8) ELSE coalesce(
      (SELECT id FROM pg_snapshot_xip(snapshot) AS id
        WHERE id >= $1::xid8 AND id::xid NOT IN (SELECT id FROM owned WHERE "isPassedOver") ORDER BY id LIMIT 1),
      pg_snapshot_xmax(snapshot)
    ) END AS ended, pg_snapshot_xmax(snapshot) AS latest
    FROM pg_current_snapshot() AS snapshot
  )
  SELECT ended::text, age(ended::xid),
    ended < latest AND NOT pg_is_in_recovery() AND ended::xid NOT IN (SELECT id FROM owned) AS "isOver"
  FROM boundary`;

const rowsSchema = z.tuple([z.object({ ended: z.string().transform(BigInt), age: z.int(), isOver: z.boolean() })]);
/** Snapshots until one is held back by nothing but transactions of this database: each lasts about a millisecond. */
const SNAPSHOTS = 5;

/**
 * To be called first behind `beginSnapshot`: the numbers hold for its snapshot, which may be taken anew.
 *
 * @throws PipelineError `UNAVAILABLE` when the server does not know transactions that the last run has seen,
 *   `CONFIGURATION` when they are too far back
 */
export async function readTransactions(
  client: Client,
  { seen = 0n, reading }: Pick<SourcePosition, 'seen' | 'reading'> = {},
): Promise<Transactions> {
  const { until = seen } = reading ?? {};
  const { ended, age } = await readBoundary(client, until);
  const next = ended + BigInt(age);
  if (until > next) throw unknownTransactions(until, next);
  const first = seen === 0n ? until : seen;
  if (first > 0n && next - first >= FURTHEST) throw tooFarBack(next - first);
  return { ended, next };
}

/** One that has ended meanwhile need not hold back what was written since it began. */
async function readBoundary(client: Client, until: bigint): Promise<{ readonly ended: bigint; readonly age: number }> {
  for (let snapshot = 1; ; snapshot++) {
    const { rows } = await client.query(TRANSACTIONS, [String(until)]);
    const [boundary] = rowsSchema.parse(rows);
    if (!boundary.isOver || snapshot === SNAPSHOTS) return boundary;
    await client.query('ROLLBACK AND CHAIN');
  }
}

/** `xmin` has 32 bits; of transactions further apart it does not tell which came first. */
const FURTHEST = 2n ** 31n;
/** From here on numbers are used again: a record that is older by this many transactions looks like a new one. */
const REUSED = 2n ** 32n;

/** True for records that this transaction or a younger one has written. */
export function writtenFrom(transaction: bigint, { next }: Transactions): string {
  return `age(source.xmin) BETWEEN 0 AND ${next - transaction}`;
}

/** Whether a record that was written very long ago can look like a new one. */
export function areReused({ next }: Transactions): boolean {
  return next >= REUSED;
}

function unknownTransactions(seen: bigint, next: bigint): PipelineError {
  return new PipelineError(
    'UNAVAILABLE',
    `The last run has seen transactions up to ${seen}, and the server only has those up to ${next}.`,
    {
      hint:
        'A standby that is behind: run again later. A database that was restored from a backup or moved to another ' +
        'server: run once with --full-refresh.',
    },
  );
}

function tooFarBack(transactions: bigint): PipelineError {
  return new PipelineError(
    'CONFIGURATION',
    `There were ${transactions} transactions since the last run: what they have written cannot be told.`,
    { hint: 'Run once with --full-refresh, and more often afterwards.' },
  );
}
