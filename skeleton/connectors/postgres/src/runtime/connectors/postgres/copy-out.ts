import type { Duplex } from 'node:stream';
import type { Client, Connection, Submittable } from 'pg';
import { destroyClient } from './client.ts';
import { COPY_DATA, messageEnd } from './copy-protocol.ts';
import { CopySocket } from './copy-socket.ts';
import type { DroppedValue } from './long-row.ts';
import { PartialMessage } from './partial-message.ts';

/** Makes batches of CopyData messages. */
export interface CopyReader<Rows> {
  /** Whether a batch waits to be taken. */
  readonly ready: boolean;
  take(): Rows | undefined;
  /** The rows of the last batch, which is not full. */
  finish(): Rows | undefined;
  /**
   * Takes in the CopyData messages from `start` on; the bytes are its own only until it returns.
   *
   * @returns where it stopped: at a message of another type, or at one that is not there as a whole yet
   */
  read(bytes: Buffer, start: number): number;
  /** Told of what the next row lacks, because it was too long. */
  lacks(values: readonly DroppedValue[]): void;
}

/**
 * Runs `COPY … TO STDOUT (FORMAT binary)` and yields its rows batch by batch. While nobody takes a batch, at most
 * one more is made ready and then the server waits. Leaving the loop early closes the connection.
 */
export async function* copyOut<Rows>(client: Client, sql: string, reader: CopyReader<Rows>): AsyncGenerator<Rows> {
  const query = new CopyOutQuery(sql, reader);
  client.query(query);
  try {
    while (await query.advance()) {
      for (let rows = reader.take(); rows !== undefined; rows = reader.take()) yield rows;
    }
    const rest = reader.finish();
    if (rest !== undefined) yield rest;
  } finally {
    if (!query.finished) destroyClient(client);
  }
}

type DataListener = (bytes: Buffer) => void;

/**
 * A query of `pg` that takes CopyData straight from the socket, chunk by chunk, and leaves all other messages to
 * `pg`. It would make an object and an event of each row: twice the time of this.
 */
class CopyOutQuery implements Submittable {
  readonly text: string;
  readonly #reader: CopyReader<unknown>;
  readonly #partial = new PartialMessage();
  #stream: Duplex | undefined;
  #listeners: readonly DataListener[] = [];
  #outcome: { readonly error?: Error } | undefined;
  #wake: (() => void) | undefined;

  constructor(sql: string, reader: CopyReader<unknown>) {
    this.text = sql;
    this.#reader = reader;
  }

  get finished(): boolean {
    return this.#outcome !== undefined;
  }

  /** Waits for the next batch; resolves to `false` at the end. */
  async advance(): Promise<boolean> {
    while (!this.#reader.ready && this.#outcome === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      this.#stream?.resume();
      await promise;
    }
    if (this.#outcome?.error !== undefined) throw this.#outcome.error;
    return this.#reader.ready;
  }

  submit(connection: Connection): void {
    this.#stream = connection.stream;
    this.#listeners = connection.stream.listeners('data') as DataListener[];
    connection.stream.removeAllListeners('data');
    connection.stream.on('data', this.#read);
    if (connection.stream instanceof CopySocket) connection.stream.lending = true;
    connection.query(this.text);
  }

  /** Called once at the end; dd-trace puts its own around it to know when, and asks for `text`. */
  callback = (error: Error | null): void => {
    this.#finish(error === null ? {} : { error });
  };

  handleError(error: Error): void {
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.callback(null);
  }

  handleCommandComplete(): void {}

  readonly #read = (chunk: Buffer): void => {
    try {
      this.#take(chunk);
    } catch (error) {
      this.#stream?.destroy();
      this.#finish({ error: error instanceof Error ? error : new Error(String(error)) });
    }
    // A chunk a turn: the server has up to 2 MB ready, and whoever waits for an answer would wait for all of it.
    if (this.finished) return;
    this.#stream?.pause();
    if (this.#reader.ready) this.#wake?.();
    else setImmediate(this.#goOn);
  };

  readonly #goOn = (): void => {
    if (!this.#reader.ready) this.#stream?.resume();
  };

  /** Only the message that lies across two chunks is copied. */
  #take(chunk: Buffer): void {
    let bytes = chunk;
    if (!this.#partial.empty) {
      bytes = this.#partial.fill(bytes);
      const taken = this.#partial.take();
      if (taken === undefined) return;
      if (taken.dropped.length > 0) this.#reader.lacks(taken.dropped);
      this.#consume(taken.message);
    }
    this.#partial.fill(bytes.subarray(this.#consume(bytes)));
  }

  /** Takes in rows, hands all other messages to `pg`, and returns where the bytes end in the middle of a message. */
  #consume(bytes: Buffer): number {
    let at = 0;
    while (!this.finished) {
      at = this.#reader.read(bytes, at);
      if (bytes[at] === COPY_DATA) return at;
      const end = messageEnd(bytes, at);
      if (end === undefined) return at;
      this.#forward(bytes.subarray(at, end));
      at = end;
    }
    if (at < bytes.length) this.#forward(bytes.subarray(at));
    return bytes.length;
  }

  #forward(bytes: Buffer): void {
    for (const listener of this.#listeners) listener(Buffer.from(bytes));
  }

  #finish(outcome: { readonly error?: Error }): void {
    this.#outcome ??= outcome;
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream instanceof CopySocket) stream.lending = false;
    stream?.off('data', this.#read);
    for (const listener of this.#listeners) stream?.on('data', listener);
    stream?.resume();
    this.#wake?.();
  }
}
