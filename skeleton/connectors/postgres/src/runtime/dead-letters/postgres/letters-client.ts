import type { Client } from 'pg';
import { AbandonableConnection } from '../../connectors/postgres/abandonable-connection.ts';
import { closeClient, destroyClient, openClient } from '../../connectors/postgres/client.ts';
import { toPipelineError } from '../../connectors/postgres/errors.ts';
import { CallPolicy } from '../../pipeline/call-policy.ts';
import { createTables } from './tables.ts';

/** Milliseconds that the database may take for an answer, and be away. */
const DEADLINES = { answer: 60_000, retry: 60_000 };

/**
 * The connection to the database of the dead letters. It is opened when it is needed, and anew after a failure: all
 * that is asked of it may be asked twice.
 */
export class LettersClient {
  readonly #connection: AbandonableConnection;
  readonly #calls: CallPolicy;
  #client: Client | undefined;

  constructor(url: string) {
    this.#connection = new AbandonableConnection({ url });
    this.#calls = new CallPolicy({
      name: 'The database of the dead letters',
      abandon: () => this.#connection.abandon(),
      deadlines: DEADLINES,
    });
  }

  /** @throws PipelineError `UNAVAILABLE`, `TIMEOUT`, `ACCESS_DENIED` … */
  run<T>(work: (client: Client) => Promise<T>): Promise<T> {
    return this.#calls.call(async () => {
      const client = await this.#open();
      try {
        return await work(client);
      } catch (error) {
        destroyClient(client);
        this.#client = undefined;
        throw toPipelineError(error, client);
      }
    });
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (client !== undefined) await closeClient(client);
  }

  async #open(): Promise<Client> {
    if (this.#client !== undefined) return this.#client;
    const client = await openClient(this.#connection, 'etl dead letters', 'write');
    try {
      await createTables(client);
    } catch (error) {
      destroyClient(client);
      throw toPipelineError(error, client);
    }
    this.#client = client;
    return client;
  }
}
