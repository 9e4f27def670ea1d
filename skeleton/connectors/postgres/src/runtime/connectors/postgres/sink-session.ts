import { type Client, DatabaseError } from 'pg';
import { PipelineError } from '../../errors/pipeline-error.ts';
import type { SinkContext } from '../connector.ts';
import { closeClient, destroyClient, openClient } from './client.ts';
import { toPipelineError } from './errors.ts';
import type { PostgresConnection } from './options.ts';

const LOCK_NOT_AVAILABLE = '55P03';
/** The server takes a moment to notice that a run was killed and to free its lock. */
const PATIENCE_SECONDS = 3;

/** The server may not have noticed that the connection broke, and our session holds the lock of the stream. */
const END_LOST_SESSION = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE pid = $1 AND usename = current_user AND datname = current_database() AND starts_with($2, application_name)`;

/** The process of the server that serves a connection; `pg` knows it and does not declare it. */
function processOf(client: Client): number | undefined {
  return 'processID' in client && typeof client.processID === 'number' ? client.processID : undefined;
}

/**
 * One connection, held while a stream is loaded, and with it the lock of the stream: PostgreSQL frees it when the
 * connection ends, however that comes about. A connection that broke is made anew when it is needed.
 */
export class SinkSession {
  readonly #connection: PostgresConnection;
  readonly #stream: string;
  /** The stream of the resource, where ours is that of a shard: no run of the whole may go on beside us. */
  readonly #shardOf: string | undefined;
  readonly #prepare: (client: Client) => Promise<void>;
  #client: Client | undefined;
  #held = false;
  /** Process of the server behind the last connection that broke. */
  #lost: number | undefined;

  /** @param prepare makes ready each new connection that holds the lock */
  constructor(
    connection: PostgresConnection,
    { stream, shardOf }: SinkContext,
    prepare: (client: Client) => Promise<void>,
  ) {
    this.#connection = connection;
    this.#stream = stream;
    this.#shardOf = shardOf;
    this.#prepare = prepare;
  }

  /**
   * The connection, which holds the lock of the stream.
   *
   * @throws PipelineError `LOCKED` when another run holds it, or as `openClient` does
   */
  async client(): Promise<Client> {
    if (this.#client !== undefined) return this.#client;
    const client = await openClient(this.#connection, this.#stream, 'write');
    try {
      await this.#lock(client);
      await this.#prepare(client);
    } catch (error) {
      destroyClient(client);
      throw toPipelineError(error, client);
    }
    this.#client = client;
    return client;
  }

  /** Ends the connection after a failure: what it has not committed is rolled back. */
  discard(): void {
    if (this.#client === undefined) return;
    this.#lost = processOf(this.#client);
    destroyClient(this.#client);
    this.#client = undefined;
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (client !== undefined) await closeClient(client);
  }

  async #lock(client: Client): Promise<void> {
    try {
      if (this.#lost !== undefined) await client.query(END_LOST_SESSION, [this.#lost, this.#stream]);
      await client.query(`SET lock_timeout = '${PATIENCE_SECONDS}s'`);
      await client.query("SELECT pg_advisory_lock(hashtextextended('etl ' || $1, 0))", [this.#stream]);
      if (this.#shardOf !== undefined) {
        await client.query("SELECT pg_advisory_lock_shared(hashtextextended('etl ' || $1, 0))", [this.#shardOf]);
      }
      await client.query('RESET lock_timeout');
      this.#held = true;
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code !== LOCK_NOT_AVAILABLE) throw error;
      // The server may still be busy with our own connection that broke.
      if (this.#held) throw new PipelineError('UNAVAILABLE', `The lock of ${this.#stream} is not free again yet.`);
      throw new PipelineError('LOCKED', `Another run is loading ${this.#stream} into ${client.database}.`, {
        hint: `Wait until it is done; its connections have application_name '${this.#stream}' in pg_stat_activity.`,
      });
    }
  }
}
