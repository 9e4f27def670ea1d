import { randomBytes } from 'node:crypto';
import { Client, type QueryResultRow } from 'pg';

/** A database of its own on a server that runs already. */
export interface OwnDatabase {
  readonly url: string;
  /** Runs statements and returns the rows of the (last) one. */
  sql<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

/** @param server the superuser's address of a server */
export async function createDatabase(server: string): Promise<OwnDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(server, `CREATE DATABASE ${name}`);
  const own = new URL(server);
  own.pathname = name;
  const client = new Client({ connectionString: own.href });
  await client.connect();
  return {
    url: own.href,
    async sql<Row extends QueryResultRow>(text: string, values?: unknown[]) {
      const result = await client.query<Row>(text, values);
      return (Array.isArray(result) ? result.at(-1) : result)?.rows ?? [];
    },
    async drop() {
      await client.end();
      await onServer(server, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function onServer(server: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: server });
  await client.connect();
  await client.query(statement);
  await client.end();
}
