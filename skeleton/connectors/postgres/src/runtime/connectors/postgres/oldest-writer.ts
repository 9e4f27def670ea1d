import type { Client } from 'pg';
import type { Transactions } from './transactions.ts';

/** Anybody may see how many prepared transactions there are; of sessions, only who may see them. */
const OLDEST = `
  SELECT extract(epoch FROM clock_timestamp() - min(started))::float8 AS seconds
  FROM (
    SELECT xact_start AS started FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND datname = current_database()
    UNION ALL
    SELECT prepared FROM pg_prepared_xacts WHERE database = current_database()
  ) AS writer`;

const WORTH_SAYING_SECONDS = 60;
/** What counts as long where the times of others are hidden. */
const WORTH_SAYING_TRANSACTIONS = 100_000n;

/** Says how long the oldest transaction that writes holds back what was committed since; `undefined` when it is young. */
export async function oldestWriter(client: Client, { ended, next }: Transactions): Promise<string | undefined> {
  const { rows } = await client.query<{ seconds: number | null }>(OLDEST);
  const seconds = rows[0]?.seconds ?? undefined;
  const isYoung = seconds === undefined ? next - ended < WORTH_SAYING_TRANSACTIONS : seconds < WORTH_SAYING_SECONDS;
  if (isYoung) return undefined;
  const since = seconds === undefined ? '' : ` for ${Math.round(seconds / 60)} minutes`;
  return `a transaction has been writing${since}: what was written since it began comes when it has ended`;
}
