import type { PostgresConnection } from './options.ts';

/** A connection whose clients can be dropped, all at once: whoever waits for one of them gets an error. */
export class AbandonableConnection implements PostgresConnection {
  readonly url: string;
  #abandoned = new AbortController();

  constructor({ url }: PostgresConnection) {
    this.url = url;
  }

  get abandoned(): AbortSignal {
    return this.#abandoned.signal;
  }

  /** Clients that are opened afterwards are not affected. */
  abandon(): void {
    this.#abandoned.abort();
    this.#abandoned = new AbortController();
  }
}
