import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { Random } from '../random.ts';

const MOST_ROWS = 12;
const LONGEST_PAUSE_MILLISECONDS = 60;
/** One transaction of ten stays open for a while, so that others with a later cursor commit before it. */
const LONGEST_TRANSACTION_MILLISECONDS = 1_500;

export interface Written {
  inserted: number;
  updated: number;
  /** Transactions that committed after a later value of the cursor. */
  lateCommits: number;
  /** The latest cursor that is committed, as microseconds. */
  latest: bigint;
}

/**
 * Inserts and updates orders until `signal` says that it is enough. `updated_at` is when the transaction began, as `now()`
 * is in most tables.
 *
 * @param part writers never update the rows of each other
 */
export async function write(
  database: string,
  part: { readonly index: number; readonly count: number },
  written: Written,
  random: Random,
  signal: AbortSignal,
): Promise<void> {
  const client = new Client({ connectionString: database });
  await client.connect();
  let next = part.index;
  const insert = (id: number): Promise<unknown> =>
    client.query(
      `INSERT INTO orders VALUES ($1, CASE $1::bigint % 40 WHEN 17 THEN 'nowhere' ELSE 'DE' END, 1, 9.99, 'new', now())`,
      [id],
    );
  const update = (id: number): Promise<unknown> =>
    client.query('UPDATE orders SET quantity = quantity + 1, updated_at = now() WHERE order_id = $1', [id]);
  try {
    while (!signal.aborted) {
      const { rows } = await client
        .query('BEGIN; SELECT (extract(epoch FROM now()) * 1e6)::bigint::text AS now')
        .then(last);
      const inserts = random.between(0, MOST_ROWS);
      for (let row = 0; row < inserts; row++, next += part.count) await insert(next);
      const updates = next > part.index ? random.between(0, MOST_ROWS) : 0;
      const known = (next - part.index) / part.count;
      for (let row = 0; row < updates; row++) await update(part.index + part.count * random.between(0, known - 1));
      if (random.next() < 0.1) await delay(random.between(0, LONGEST_TRANSACTION_MILLISECONDS));
      await client.query('COMMIT');
      const cursor = BigInt(String(rows[0]?.now));
      written.inserted += inserts;
      written.updated += updates;
      if (inserts + updates > 0 && cursor < written.latest) written.lateCommits += 1;
      if (cursor > written.latest) written.latest = cursor;
      await delay(random.between(0, LONGEST_PAUSE_MILLISECONDS));
    }
  } finally {
    await client.end();
  }
}

/** `pg` gives a result for each of several statements. */
function last<Result>(results: Result | Result[]): Result {
  return Array.isArray(results) ? (results.at(-1) as Result) : results;
}
