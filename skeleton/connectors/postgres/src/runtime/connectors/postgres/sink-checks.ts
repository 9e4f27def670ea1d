import type { Client } from 'pg';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { type Check, failedCheck } from '../../pipeline/check.ts';
import type { SinkContext } from '../connector.ts';
import { checkpointTable, takesWriters, upgradeStatement } from './checkpoints.ts';
import { withClient } from './client.ts';
import type { PostgresConnection } from './options.ts';
import { serverCheck } from './server-check.ts';
import { tableExists } from './table-columns.ts';
import { quoteTable, showTable, type TableName } from './table-name.ts';
import { requireUniqueKey } from './target.ts';

/** Can the server be reached, may the table be written or created. */
export async function checkSink(
  connection: PostgresConnection,
  table: TableName,
  context: SinkContext,
): Promise<Check[]> {
  const checks: Check[] = [];
  let looking = 'connect';
  try {
    await withClient(connection, context.stream, 'read', async (client) => {
      checks.push(serverCheck(client));
      looking = `write ${showTable(table)}`;
      checks.push({ name: looking, ok: true, detail: await checkTarget(client, table, context) });
      looking = 'checkpoints';
      checks.push({ name: looking, ok: true, detail: await checkCheckpoints(client, checkpointTable(table.schema)) });
    });
  } catch (error) {
    checks.push(failedCheck(looking, error));
  }
  return checks;
}

async function checkTarget(client: Client, table: TableName, { mode, key }: SinkContext): Promise<string> {
  if (!(await tableExists(client, table))) {
    await requireCreate(client, table);
    return 'will be created';
  }
  await requirePrivileges(client, table, PRIVILEGES[mode]);
  if (mode === 'merge') await requireUniqueKey(client, table, key);
  if (mode === 'replace') await requireCreate(client, table);
  return mode;
}

const PRIVILEGES = {
  append: ['INSERT'],
  merge: ['INSERT', 'UPDATE', 'SELECT'],
  replace: ['INSERT', 'UPDATE', 'DELETE', 'SELECT'],
} as const;

async function checkCheckpoints(client: Client, table: TableName): Promise<string> {
  if (!(await tableExists(client, table))) {
    await requireCreate(client, table);
    return `${showTable(table)} will be created`;
  }
  await requirePrivileges(client, table, ['SELECT', 'INSERT', 'UPDATE', 'DELETE']);
  if (await takesWriters(client, table)) return showTable(table);
  await requireOwner(client, table);
  return `${showTable(table)} will get the columns of this version`;
}

async function requireOwner(client: Client, table: TableName): Promise<void> {
  const { rowCount } = await client.query(
    "SELECT FROM pg_class WHERE oid = to_regclass($1) AND pg_has_role(relowner, 'MEMBER')",
    [quoteTable(table)],
  );
  if (rowCount === 1) return;
  throw new PipelineError('ACCESS_DENIED', `${client.user} may not add a column to ${showTable(table)}.`, {
    hint: `Let its owner run: ${upgradeStatement(table).replaceAll(/\s+/g, ' ')};`,
  });
}

async function requirePrivileges(client: Client, table: TableName, privileges: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ missing: string[] }>(
    `SELECT ARRAY(SELECT privilege FROM unnest($2::text[]) AS privilege
       WHERE NOT has_table_privilege(to_regclass($1), privilege)) AS missing`,
    [quoteTable(table), privileges],
  );
  const missing = rows[0]?.missing ?? [];
  if (missing.length === 0) return;
  throw new PipelineError('ACCESS_DENIED', `${client.user} may not ${missing.join(', ')} on ${showTable(table)}.`, {
    hint: `GRANT ${missing.join(', ')} ON ${quoteTable(table)} TO the user of the URL.`,
  });
}

async function requireCreate(client: Client, { schema }: TableName): Promise<void> {
  const { rows } = await client.query<{ allowed: boolean }>(
    "SELECT has_schema_privilege(oid, 'CREATE') AS allowed FROM pg_namespace WHERE nspname = $1",
    [schema],
  );
  const [found] = rows;
  if (found === undefined) {
    throw new PipelineError('NOT_FOUND', `There is no schema ${schema} in database ${client.database}.`, {
      hint: 'Create the schema, or name another one.',
    });
  }
  if (found.allowed) return;
  throw new PipelineError('ACCESS_DENIED', `${client.user} may not create tables in schema ${schema}.`, {
    hint: `GRANT CREATE ON SCHEMA "${schema}" TO the user of the URL, or create the tables beforehand.`,
  });
}
