import { connect, createServer, type Socket } from 'node:net';

/** The simple query message of `COMMIT`. */
const COMMIT = Buffer.from('Q\0\0\0\x0bCOMMIT\0', 'latin1');

/** Stands between a client and PostgreSQL, and breaks the connection at the next COMMIT when it is told to. */
export interface BreakingProxy {
  readonly port: string;
  /** `before`: the server never hears of the COMMIT; `after`: it does, and the client does not hear its answer. */
  breakAtCommit(moment: 'before' | 'after'): void;
  stop(): void;
}

export async function startBreakingProxy(serverPort: number): Promise<BreakingProxy> {
  let armed: 'before' | 'after' | undefined;
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect(serverPort, '127.0.0.1');
    const breakBoth = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', breakBoth).on('close', breakBoth);
    }
    let silent = false;
    client.on('data', (bytes) => {
      const breaking = armed !== undefined && bytes.includes(COMMIT);
      if (breaking && armed === 'before') breakBoth();
      else server.write(bytes);
      if (breaking) {
        silent = true;
        armed = undefined;
      }
    });
    server.on('data', (bytes) => (silent ? breakBoth() : client.write(bytes)));
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  return {
    port: String(typeof address === 'object' ? address?.port : ''),
    breakAtCommit(moment) {
      armed = moment;
    },
    stop() {
      proxy.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
