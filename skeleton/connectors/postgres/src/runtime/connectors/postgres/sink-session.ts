import { type Client, DatabaseError } from 'pg';
import { PipelineError } from '../../errors/pipeline-error.ts';
import { logger } from '../../observability/logger.ts';
import { fencedAtSink } from '../../pipeline/fenced.ts';
import type { SinkContext } from '../connector.ts';
import { readWriter } from './checkpoints.ts';
import { closeClient, destroyClient, openClient } from './client.ts';
import { toPipelineError } from './errors.ts';
import type { PostgresConnection } from './options.ts';
import type { TableName } from './table-name.ts';

const LOCK_NOT_AVAILABLE = '55P03';
/** The server takes a moment to notice that a run was killed and to free its lock. */
const PATIENCE_SECONDS = 3;

/** The server may not have noticed that the connection broke, and our session holds the lock of the stream. */
const END_LOST_SESSION = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE pid = $1 AND usename = current_user AND datname = current_database() AND starts_with($2, application_name)`;

/** Those that hold the lock of a stream, whatever they are doing: PostgreSQL rolls back what they have not committed. */
const END_HOLDERS = `SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
  WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid() AND usename = current_user
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND objsubid = 1 AND (classid::bigint << 32) | objid::bigint = hashtextextended('etl ' || $1, 0)`;

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
  readonly #context: SinkContext;
  readonly #checkpoints: TableName;
  readonly #prepare: (client: Client) => Promise<void>;
  #client: Client | undefined;
  #held = false;
  /** Process of the server behind the last connection that broke. */
  #lost: number | undefined;

  /**
   * @param checkpoints table that says which run has claimed the stream
   * @param prepare makes ready each new connection that holds the lock
   */
  constructor(
    connection: PostgresConnection,
    context: SinkContext,
    { checkpoints, prepare }: { readonly checkpoints: TableName; readonly prepare: (client: Client) => Promise<void> },
  ) {
    this.#connection = connection;
    this.#context = context;
    this.#checkpoints = checkpoints;
    this.#prepare = prepare;
  }

  /**
   * The connection, which holds the lock of the stream.
   *
   * @throws PipelineError `LOCKED` when another run holds it, `FENCED` when another run took it from us, or as `openClient` does
   */
  async client(): Promise<Client> {
    if (this.#client !== undefined) return this.#client;
    const client = await openClient(this.#connection, this.#context.stream, 'write');
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
    if (this.#lost !== undefined) await client.query(END_LOST_SESSION, [this.#lost, this.#context.stream]);
    await client.query(`SET lock_timeout = '${PATIENCE_SECONDS}s'`);
    const { stream, shardOf } = this.#context;
    await this.#take(client, 'pg_advisory_lock', stream);
    // No run of the whole may go on beside that of a shard.
    if (shardOf !== undefined) await this.#take(client, 'pg_advisory_lock_shared', shardOf);
    await client.query('RESET lock_timeout');
    this.#held = true;
  }

  async #take(client: Client, lock: string, stream: string): Promise<void> {
    const take = () => client.query(`SELECT ${lock}(hashtextextended('etl ' || $1, 0))`, [stream]);
    try {
      await take();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      if (!(await this.#isOver(await readWriter(client, this.#checkpoints, stream)))) throw lockedError(client, stream);
      logger.warn({ stream }, 'Ending the session of a run that is over, and still holds its lock in PostgreSQL.');
      await client.query(END_HOLDERS, [stream]);
      await take().catch((failure: unknown) => {
        throw isUnavailable(failure) ? lockedError(client, stream) : failure;
      });
    }
  }

  /**
   * Whether the run that claimed the stream is over, so that its session has no right to the lock any more.
   *
   * @throws PipelineError `FENCED` when ours was, and is not the one any more
   */
  async #isOver(writer: string | undefined): Promise<boolean> {
    const { stream, writer: own, isOver } = this.#context;
    if (this.#held && writer !== own) throw fencedAtSink(stream, writer);
    // The server may still be busy with our own connection that broke.
    if (this.#held) throw new PipelineError('UNAVAILABLE', `The lock of ${stream} is not free again yet.`);
    return writer !== undefined && (await isOver?.(writer)) === true;
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === LOCK_NOT_AVAILABLE;
}

function lockedError(client: Client, stream: string): PipelineError {
  return new PipelineError('LOCKED', `Another run is loading ${stream} into ${client.database}.`, {
    hint: `Wait until it is done; its connections have application_name '${stream}' in pg_stat_activity.`,
  });
}
