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

/**
 * The oldest transaction that is going on in this database, else the first one to come. Those of other databases and
 * of autovacuum, which has no user, write no record of ours and are passed over; as long as they are seen to go on,
 * because of one that has ended since the snapshot nobody knows whose it was. A standby does not know the transactions
 * of its primary one by one.
 */
const TRANSACTIONS = `
  WITH others AS MATERIALIZED (
    SELECT transactionid AS id FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock' AND granted
      AND (datname <> current_database() OR usesysid IS NULL)
    UNION ALL
    SELECT transaction FROM pg_prepared_xacts WHERE database <> current_database()
  ), boundary AS MATERIALIZED (
    SELECT CASE WHEN pg_is_in_recovery() THEN pg_snapshot_xmin(snapshot) ELSE coalesce(
      (SELECT id FROM pg_snapshot_xip(snapshot) AS id WHERE id::xid NOT IN (SELECT id FROM others) ORDER BY id LIMIT 1),
      pg_snapshot_xmax(snapshot)
    ) END AS ended
    FROM pg_current_snapshot() AS snapshot
  )
  SELECT ended::text, age(ended::xid) FROM boundary`;

const rowsSchema = z.tuple([z.object({ ended: z.string().transform(BigInt), age: z.int() })]);

/** To be called in the transaction that reads: the numbers hold for its snapshot. */
export async function readTransactions(client: Client): Promise<Transactions> {
  const { rows } = await client.query(TRANSACTIONS);
  const [{ ended, age }] = rowsSchema.parse(rows);
  return { ended, next: ended + BigInt(age) };
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

/**
 * @throws PipelineError `UNAVAILABLE` when the server does not know transactions that the last run has seen,
 *   `CONFIGURATION` when they are too far back
 */
export function requireContinuity({ seen, reading }: SourcePosition, { ended, next }: Transactions): void {
  const known = [seen, reading?.until].filter((transaction) => transaction !== undefined);
  const ahead = known.find((transaction) => transaction > ended);
  if (ahead !== undefined) {
    throw new PipelineError(
      'UNAVAILABLE',
      `The last run has seen transactions up to ${ahead}, and the server only has those up to ${ended}.`,
      {
        hint:
          'A standby that is behind: run again later. A database that was restored from a backup or moved to another ' +
          'server: run once with --full-refresh.',
      },
    );
  }
  if (known.every((transaction) => next - transaction < FURTHEST)) return;
  throw new PipelineError(
    'CONFIGURATION',
    `There were ${next - (known[0] ?? next)} transactions since the last run: what they have written cannot be told.`,
    { hint: 'Run once with --full-refresh, and more often afterwards.' },
  );
}
