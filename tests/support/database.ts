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
  let client: Promise<Client> | undefined;
  const connected = async (): Promise<Client> => {
    client ??= openClient(own.href, () => {
      client = undefined;
    });
    return client;
  };
  return {
    url: own.href,
    async sql<Row extends QueryResultRow>(text: string, values?: unknown[]) {
      const result = await (await connected()).query<Row>(text, values);
      return (Array.isArray(result) ? result.at(-1) : result)?.rows ?? [];
    },
    async drop() {
      await (await client)?.end();
      await onServer(server, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

/** @param onLost told when the connection breaks, as it does when the server is started again */
async function openClient(url: string, onLost: () => void): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', onLost);
  await client.connect();
  return client;
}

async function onServer(server: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: server });
  await client.connect();
  await client.query(statement);
  await client.end();
}
