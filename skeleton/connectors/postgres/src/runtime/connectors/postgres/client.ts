import { setTimeout as delay } from 'node:timers/promises';
import { Client, DatabaseError } from 'pg';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { CopySocket } from './copy-socket.ts';
import { toPipelineError } from './errors.ts';
import type { PostgresConnection } from './options.ts';

const CONNECT_TIMEOUT_MILLISECONDS = 10_000;
const CLOSE_TIMEOUT_MILLISECONDS = 2_000;
const KEEP_ALIVE_MILLISECONDS = 30_000;

/** The same text for the same value, whatever the server's or the role's defaults are. */
const SESSION_SETTINGS = `SET TimeZone TO 'UTC'; SET DateStyle TO 'ISO, YMD'; SET IntervalStyle TO 'iso_8601';
  SET bytea_output TO 'hex'; SET extra_float_digits TO 1`;

/**
 * A session whose client is gone ends, and gives its locks back, within a minute: also while it waits for a lock of
 * somebody else, and where the network does not tell it.
 */
const NOTICE_LOST_CLIENT = `SET tcp_keepalives_idle TO 30; SET tcp_keepalives_interval TO 10; SET tcp_keepalives_count TO 3;
  SET client_connection_check_interval TO '10s'`;

/** `read`: the server refuses whatever would change something. */
export type Access = 'read' | 'write';

/**
 * Opens a connection of its own.
 *
 * @param application shown in `pg_stat_activity`
 * @throws PipelineError `UNAVAILABLE`, `ACCESS_DENIED` or `NOT_FOUND`; its message never holds the password
 */
export async function openClient(
  { url, abandoned }: PostgresConnection,
  application: string,
  access: Access,
): Promise<Client> {
  const client = createClient(url, application);
  const drop = () => destroyClient(client);
  abandoned?.addEventListener('abort', drop, { once: true });
  client.once('end', () => abandoned?.removeEventListener('abort', drop));
  // A connection that breaks between two statements is reported by the next one.
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(SESSION_SETTINGS);
    if (access === 'read') await client.query('SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY');
    // Servers before PostgreSQL 14 and some systems cannot.
    await client.query(NOTICE_LOST_CLIENT).catch(ignoreRefusal);
    return client;
  } catch (error) {
    destroyClient(client);
    throw toPipelineError(error, client);
  }
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof DatabaseError)) throw error;
}

function createClient(url: string, application: string): Client {
  try {
    return new Client({
      connectionString: url,
      application_name: application,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
      stream: () => new CopySocket(),
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MILLISECONDS,
    });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    throw new PipelineError('CONFIGURATION', `The URL of the PostgreSQL connection cannot be read${code}.`, {
      hint: 'Write postgres://user:password@host:5432/database with special characters of the password as %XX; check the files that it names.',
    });
  }
}

/** Runs `work` with a connection that is closed afterwards, and reports its errors as PipelineError. */
export async function withClient<T>(
  connection: PostgresConnection,
  application: string,
  access: Access,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await openClient(connection, application, access);
  try {
    return await work(client);
  } catch (error) {
    throw toPipelineError(error, client);
  } finally {
    void closeClient(client);
  }
}

/** Drops a connection at once, whatever it is doing; the server rolls back what is not committed. */
export function destroyClient(client: Client): void {
  client.connection.stream.destroy();
}

/** Says good-bye to the server, and drops the connection when it does not answer. */
export async function closeClient(client: Client): Promise<void> {
  const answer = new AbortController();
  const silence = delay(CLOSE_TIMEOUT_MILLISECONDS, undefined, { signal: answer.signal }).catch(() => {});
  await Promise.race([client.end().catch(() => {}), silence]);
  answer.abort();
  destroyClient(client);
}
