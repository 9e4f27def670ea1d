import type pg from 'pg';

/**
 * A table of 16 columns in the shape of TPC-H's lineitem: integers, decimals, short codes, dates and a comment of 10
 * to 42 characters. Made by arithmetic, so that it is the same everywhere.
 */
export async function createLineItems(database: pg.Client, table: string, rows: number): Promise<void> {
  await database.query(`
    CREATE TABLE ${table} AS
    SELECT n AS l_orderkey, n * 7 % 200000 AS l_partkey, n * 3 % 10000 AS l_suppkey, n % 7 + 1 AS l_linenumber,
      (n % 50 + 1)::numeric(15, 2) AS l_quantity, (n * 7919 % 10000000 / 100.0)::numeric(15, 2) AS l_extendedprice,
      (n % 11 / 100.0)::numeric(15, 2) AS l_discount, (n % 9 / 100.0)::numeric(15, 2) AS l_tax,
      (ARRAY['A', 'N', 'R'])[n % 3 + 1] AS l_returnflag, (ARRAY['O', 'F'])[n % 2 + 1] AS l_linestatus,
      date '1992-01-01' + (n % 2500)::int AS l_shipdate, date '1992-01-15' + (n % 2500)::int AS l_commitdate,
      date '1992-02-01' + (n % 2500)::int AS l_receiptdate,
      (ARRAY['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'])[n % 4 + 1] AS l_shipinstruct,
      (ARRAY['AIR', 'MAIL', 'SHIP', 'TRUCK', 'RAIL'])[n % 5 + 1] AS l_shipmode,
      substr(md5(n::text) || md5((n + 1)::text), 1, (10 + n % 33)::int) AS l_comment
    FROM generate_series(1::bigint, ${rows}) AS n`);
  await database.query(`VACUUM ANALYZE ${table}`);
}

/** @throws Error when the two tables do not hold the same rows */
export async function requireSameContents(database: pg.Client, expected: string, actual: string): Promise<void> {
  const { rows } = await database.query(`
    SELECT (SELECT count(*) FROM (TABLE ${expected} EXCEPT ALL TABLE ${actual}) AS missing)::int AS missing,
      (SELECT count(*) FROM (TABLE ${actual} EXCEPT ALL TABLE ${expected}) AS surplus)::int AS surplus`);
  const [{ missing, surplus }] = rows;
  if (missing !== 0 || surplus !== 0) {
    throw new Error(`${actual} does not hold what ${expected} holds: ${missing} rows missing, ${surplus} too many`);
  }
}
