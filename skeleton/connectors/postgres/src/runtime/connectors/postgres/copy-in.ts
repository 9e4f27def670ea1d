import type { Client, Connection, Submittable } from 'pg';
import { COPY_DONE } from './copy-protocol.ts';

/** Records as CopyData messages, made one by one. */
export interface CopyMessages {
  /** Whether all records are in messages. */
  readonly done: boolean;
  /**
   * The next message.
   *
   * @param spare a message that is sent, whose memory may be used again
   */
  next(spare: Buffer | undefined): Buffer;
}

/**
 * Runs `COPY … FROM STDIN (FORMAT binary)` with the records as its data, and the statements around it, if there are any.
 *
 * @param spare memory of messages that were sent, for those of this call and of later ones
 * @throws DatabaseError when the server refuses a record; nothing of it is there then
 */
export async function copyIn(client: Client, sql: string, messages: CopyMessages, spare: Buffer[]): Promise<void> {
  const query = new CopyInQuery(sql, messages, spare);
  client.query(query);
  await query.finished;
}

/** Messages on their way at the same time: enough to keep the server busy while this thread reads what comes next. */
const IN_FLIGHT = 4;
/** After so long the event loop has its turn. */
const TURN_MILLISECONDS = 10;

/** A query of `pg` that sends CopyData messages as fast as the server takes them. */
class CopyInQuery implements Submittable {
  readonly text: string;
  readonly #messages: CopyMessages;
  readonly #spare: Buffer[];
  readonly #outcome = Promise.withResolvers<void>();
  #inFlight = 0;
  #ended = false;
  /** Whether the next message waits for its turn. */
  #waits = false;

  constructor(sql: string, messages: CopyMessages, spare: Buffer[]) {
    this.text = sql;
    this.#messages = messages;
    this.#spare = spare;
  }

  get finished(): Promise<void> {
    return this.#outcome.promise;
  }

  submit(connection: Connection): void {
    connection.query(this.text);
  }

  handleCopyInResponse(connection: Connection): void {
    this.#send(connection);
  }

  handleCommandComplete(): void {}

  /** Called once at the end; dd-trace puts its own around it to know when, and asks for `text`. */
  callback = (error: Error | null): void => {
    this.#ended = true;
    if (error === null) this.#outcome.resolve();
    else this.#outcome.reject(error);
  };

  handleReadyForQuery(): void {
    this.callback(null);
  }

  handleError(error: Error): void {
    this.callback(error);
  }

  /** To make a message takes up to some milliseconds, in which nobody else has a turn. */
  #send(connection: Connection): void {
    this.#waits = false;
    const end = performance.now() + TURN_MILLISECONDS;
    try {
      while (!this.#ended && this.#inFlight < IN_FLIGHT && performance.now() < end) this.#sendOne(connection);
    } catch (error) {
      this.#ended = true;
      connection.stream.destroy();
      this.#outcome.reject(error);
    }
    if (!this.#ended && this.#inFlight < IN_FLIGHT) this.#sendNextTurn(connection);
  }

  #sendOne(connection: Connection): void {
    if (this.#messages.done) {
      this.#ended = true;
      connection.stream.write(COPY_DONE);
      return;
    }
    const message = this.#messages.next(this.#spare.pop());
    this.#inFlight++;
    connection.stream.write(message, (error) => {
      this.#inFlight--;
      this.#spare.push(message);
      if (!error) this.#sendNextTurn(connection);
    });
  }

  #sendNextTurn(connection: Connection): void {
    if (this.#waits) return;
    this.#waits = true;
    setImmediate(() => this.#send(connection));
  }
}
