import { escapeIdentifier, Pool, type PoolClient } from 'pg';
import { toPipelineError } from '../../connectors/postgres/errors.ts';
import { tableExists } from '../../connectors/postgres/table-columns.ts';
import { PipelineError } from '../../errors/pipeline-error.ts';
import type { OpenStateDatabase } from '../open-state.ts';
import type { Query } from '../state-database.ts';

const CONNECT_TIMEOUT_MILLISECONDS = 10_000;
/** The state is small: what takes longer waits for a server that does not answer. */
const ANSWER_TIMEOUT_MILLISECONDS = 20_000;
/** One for the history, one for the lease, which must not wait. */
const CONNECTIONS = 2;

/**
 * Keeps the state of a pipeline in a schema of its own, so that pipelines of different versions can share a database.
 * The server is called by the first question, whose failure never holds the password.
 *
 * @throws PipelineError `CONFIGURATION` when the URL cannot be read
 */
export const openStateDatabase: OpenStateDatabase = async (url, pipeline) => {
  const schema = `etl_state_${pipeline.replaceAll('-', '_')}`;
  const pool = openPool(url, `etl state of ${pipeline}`);
  const server = serverOf(url);
  return {
    query: queryOf(pool),
    schema: escapeIdentifier(schema),
    clock: '(extract(epoch FROM clock_timestamp()) * 1000)::float8',
    location: `PostgreSQL at ${server.host}:${server.port}, schema ${schema} of ${server.database}`,
    remedy: 'rename the schema: positions live in the sink, only the history of runs is lost',
    hasTable: (name) => tableExists(pool, { schema, name }),
    async exclusively(work) {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [schema]);
        await createSchema(client, schema);
        await client.query("SELECT set_config('search_path', $1, true)", [escapeIdentifier(schema)]);
        await work(queryOf(client));
        await client.query('COMMIT');
        client.release();
      } catch (error) {
        client.release(true);
        throw error;
      }
    },
    toError: (error) => toPipelineError(error, server),
    async close() {
      if (!pool.ending) await pool.end();
    },
  };
};

function queryOf(client: Pool | PoolClient): Query {
  return async (text, ...parameters) => {
    const { rows, rowCount } = await client.query(text, [...parameters]);
    return { rows, changed: rowCount ?? 0 };
  };
}

function openPool(url: string, application: string): Pool {
  const pool = new Pool({
    connectionString: url,
    application_name: application,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
    query_timeout: ANSWER_TIMEOUT_MILLISECONDS,
    keepAlive: true,
  });
  // A connection that breaks is made anew, by whoever asks next.
  pool.on('connect', (client) => client.on('error', () => {}));
  pool.on('error', () => {});
  return pool;
}

function serverOf(url: string) {
  if (!URL.canParse(url)) {
    throw new PipelineError('CONFIGURATION', 'The URL of the state cannot be read.', {
      hint: 'Write postgres://user:password@host:5432/database with special characters of the password as %XX.',
    });
  }
  const { hostname, port, pathname, username } = new URL(url);
  const database = decodeURIComponent(pathname.slice(1)) || 'postgres';
  return { host: hostname, port: Number(port || 5432), database, user: decodeURIComponent(username) };
}

/** Who may not create schemas can be given one. */
async function createSchema(client: PoolClient, schema: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_namespace WHERE nspname = $1', [schema]);
  if (rowCount === 0) await client.query(`CREATE SCHEMA ${escapeIdentifier(schema)}`);
}
