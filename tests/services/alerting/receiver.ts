import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Milliseconds on a steady clock. */
  readonly at: number;
}

/** `hang`: takes the request and never answers. */
export type Answer = { readonly status: number; readonly headers?: Record<string, string> } | 'hang';

/** An HTTP server that gives its answers in order, the last one again and again, and keeps what it received. */
export class Receiver {
  readonly requests: ReceivedRequest[] = [];
  readonly #answers: readonly Answer[];
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const answer = this.#answers[Math.min(this.requests.length, this.#answers.length - 1)] ?? 'hang';
      this.requests.push({
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
        at: performance.now(),
      });
      if (answer !== 'hang')
        response.writeHead(answer.status, answer.headers).end(`Cannot ${request.method} ${request.url}`);
    });
  });

  constructor(answers: readonly Answer[]) {
    this.#answers = answers;
  }

  /** @returns the address of a path on this server */
  async start(path = '/'): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}${path}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
