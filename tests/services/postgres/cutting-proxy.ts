import { connect, createServer, type Socket } from 'node:net';

export type Direction = 'to the server' | 'to the client';

/** Stands between clients and PostgreSQL, counts the bytes, and cuts connections off in the middle. */
export interface CuttingProxy {
  readonly port: string;
  /** Bytes that went through since the last call of `cutAt`. */
  passed(direction: Direction): number;
  /** Cuts all connections when that many more bytes went through; `undefined`: never. Nothing goes through afterwards. */
  cutAt(direction: Direction, bytes: number | undefined): void;
  stop(): void;
}

export async function startCuttingProxy(serverPort: number): Promise<CuttingProxy> {
  const passed = { 'to the server': 0, 'to the client': 0 };
  let cut: { readonly direction: Direction; readonly bytes: number } | undefined;
  const sockets = new Set<Socket>();
  const breakAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  const passOn = (from: Socket, to: Socket, direction: Direction) => {
    from.on('data', (bytes) => {
      const left = cut?.direction === direction ? cut.bytes - passed[direction] : Number.POSITIVE_INFINITY;
      passed[direction] += bytes.length;
      if (bytes.length < left) {
        to.write(bytes);
      } else if (left > 0) {
        to.write(bytes.subarray(0, left), breakAll);
      } else {
        breakAll();
      }
    });
    from.on('error', breakAll).on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    sockets.add(from);
  };
  const proxy = createServer((client) => {
    const server = connect(serverPort, '127.0.0.1');
    passOn(client, server, 'to the server');
    passOn(server, client, 'to the client');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  return {
    port: String(typeof address === 'object' ? address?.port : ''),
    passed: (direction) => passed[direction],
    cutAt(direction, bytes) {
      passed[direction] = 0;
      cut = bytes === undefined ? undefined : { direction, bytes };
    },
    stop() {
      proxy.close();
      breakAll();
    },
  };
}
