import { type Client, escapeIdentifier } from 'pg';
import { onConflictUpdate } from './batch-writers.ts';
import { primaryKey } from './primary-key.ts';
import { besideTable, quoteList, quoteTable, type TableName } from './table-name.ts';
import { requireShape, shapeOf } from './table-shape.ts';

/** Where a full load is gathered before it takes the place of the table. */
export function stagingTable(table: TableName): TableName {
  return besideTable(table, '__staging');
}

/** An empty table like the other one, defaults, constraints and indexes included. */
export async function createStaging(client: Client, table: TableName): Promise<void> {
  await client.query(`CREATE TABLE ${quoteTable(stagingTable(table))} (LIKE ${quoteTable(table)} INCLUDING ALL)`);
}

export async function dropStaging(client: Client, table: TableName): Promise<void> {
  await client.query(`DROP TABLE IF EXISTS ${quoteTable(stagingTable(table))}`);
}

/**
 * Gives the table the contents of its staging table, inside of a transaction that somebody else commits: readers see
 * the old records or the new ones.
 *
 * The staging table takes the name and the place, grants and owner included. Where something hangs on the table itself
 * (views, foreign keys, triggers, policies, partitions, sequences, publications) the records are exchanged instead.
 *
 * @throws PipelineError `SCHEMA_DRIFT` when the table has other columns by now than its staging table was made with
 */
export async function replaceContents(client: Client, table: TableName, columns: readonly string[]): Promise<void> {
  await client.query(`LOCK TABLE ${quoteTable(table)} IN SHARE ROW EXCLUSIVE MODE`);
  if (await canSwap(client, table)) {
    await client.query(`LOCK TABLE ${quoteTable(table)} IN ACCESS EXCLUSIVE MODE`);
    // What somebody has added to the table meanwhile would go with it.
    await requireShape(client, table, await shapeOf(client, stagingTable(table)));
    await swap(client, table);
  } else {
    await exchange(client, table, columns);
    await dropStaging(client, table);
  }
}

/** Rows that other tables refer to are changed in place, so that their references hold. */
async function exchange(client: Client, table: TableName, columns: readonly string[]): Promise<void> {
  const [target, staging, names] = [quoteTable(table), quoteTable(stagingTable(table)), quoteList(columns)];
  const insert = `INSERT INTO ${target} (${names}) OVERRIDING SYSTEM VALUE SELECT ${names} FROM ${staging}`;
  const key = (await isReferenced(client, table)) ? await primaryKey(client, table) : [];
  if (key.length === 0) {
    await client.query(`DELETE FROM ${target}`);
    await client.query(insert);
    return;
  }
  const match = key.map((name) => `new.${escapeIdentifier(name)} = old.${escapeIdentifier(name)}`).join(' AND ');
  await client.query(`DELETE FROM ${target} AS old WHERE NOT EXISTS (SELECT FROM ${staging} AS new WHERE ${match})`);
  await client.query(`${insert} ${onConflictUpdate(key, columns)}`);
}

async function isReferenced(client: Client, table: TableName): Promise<boolean> {
  const { rowCount } = await client.query(
    "SELECT FROM pg_constraint WHERE contype = 'f' AND confrelid = to_regclass($1) LIMIT 1",
    [quoteTable(table)],
  );
  return rowCount === 1;
}

/** Nothing knows the table but its own indexes, constraints, defaults and row type; and it is the user's own. */
const CAN_SWAP = `
  SELECT relkind = 'r' AND NOT relispartition AND NOT relrowsecurity AND NOT relhassubclass
    AND pg_has_role(relowner, 'MEMBER') AND has_schema_privilege(relowner, relnamespace, 'CREATE')
    AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = target.oid)
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND target.oid IN (conrelid, confrelid))
    AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = target.oid)
    AND NOT EXISTS (SELECT FROM pg_rewrite WHERE ev_class = target.oid)
    AND NOT EXISTS (SELECT FROM pg_publication_rel WHERE prrelid = target.oid)
    AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = target.oid AND attacl IS NOT NULL)
    AND NOT EXISTS (
      SELECT FROM pg_depend
      WHERE refclassid = 'pg_class'::regclass AND refobjid = target.oid
        AND classid NOT IN ('pg_attrdef'::regclass, 'pg_constraint'::regclass, 'pg_type'::regclass)
        AND NOT (classid = 'pg_class'::regclass AND objid IN (SELECT indexrelid FROM pg_index WHERE indrelid = target.oid))
        AND NOT (classid = 'pg_class'::regclass AND objid = target.reltoastrelid))
    AND NOT EXISTS (
      SELECT FROM pg_depend JOIN pg_type ON refobjid = pg_type.oid
      WHERE refclassid = 'pg_type'::regclass AND deptype = 'n' AND typrelid = target.oid) AS "canSwap"
  FROM pg_class AS target WHERE oid = to_regclass($1)`;

async function canSwap(client: Client, table: TableName): Promise<boolean> {
  const { rows } = await client.query<{ canSwap: boolean }>(CAN_SWAP, [quoteTable(table)]);
  return rows[0]?.canSwap === true;
}

async function swap(client: Client, table: TableName): Promise<void> {
  const staging = stagingTable(table);
  const indexes = await pairIndexes(client, table, staging);
  await copyOwnerAndGrants(client, table, staging);
  await client.query(`ANALYZE ${quoteTable(staging)}`);
  await client.query(`DROP TABLE ${quoteTable(table)}`);
  await client.query(`ALTER TABLE ${quoteTable(staging)} RENAME TO ${escapeIdentifier(table.name)}`);
  for (const { before, now } of indexes) {
    await client.query(`ALTER INDEX ${quoteTable({ ...table, name: now })} RENAME TO ${escapeIdentifier(before)}`);
  }
}

/** LIKE makes the indexes in the order in which they were made. */
const INDEXES = `
  SELECT old.name AS before, new.name AS now
  FROM (SELECT relname AS name, row_number() OVER (ORDER BY indexrelid) AS place
        FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE indrelid = to_regclass($1)) AS old
  JOIN (SELECT relname AS name, row_number() OVER (ORDER BY indexrelid) AS place
        FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE indrelid = to_regclass($2)) AS new USING (place)`;

async function pairIndexes(client: Client, table: TableName, staging: TableName) {
  const { rows } = await client.query<{ before: string; now: string }>(INDEXES, [
    quoteTable(table),
    quoteTable(staging),
  ]);
  return rows;
}

const OWNER_AND_GRANTS = `
  SELECT pg_get_userbyid(relowner) AS owner, pg_get_userbyid(relowner) = current_user AS own,
    ARRAY(
      SELECT format('GRANT %s ON TABLE %s TO %s%s', privilege_type, $2::text,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
        CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
      FROM aclexplode(relacl) WHERE grantee <> relowner) AS grants
  FROM pg_class WHERE oid = to_regclass($1)`;

async function copyOwnerAndGrants(client: Client, from: TableName, to: TableName): Promise<void> {
  const { rows } = await client.query<{ owner: string; own: boolean; grants: string[] }>(OWNER_AND_GRANTS, [
    quoteTable(from),
    quoteTable(to),
  ]);
  const [{ owner, own, grants } = { owner: '', own: true, grants: [] }] = rows;
  for (const grant of grants) await client.query(grant);
  if (!own) await client.query(`ALTER TABLE ${quoteTable(to)} OWNER TO ${escapeIdentifier(owner)}`);
}
