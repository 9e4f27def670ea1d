import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Direction, MessageSplitter, type Phase, phaseOf } from './protocol.ts';

/**
 * - `latency`, `bandwidth`: from then on everything comes late, or slowly
 * - `cut`: both sides are told that the connection ends
 * - `reset`: both sides are told that it is gone
 * - `slow close`: nothing comes any more, and after a while the end
 * - `half-open`: nothing comes any more, and the service is never told; the server notices after a while
 */
export const FAULTS = ['latency', 'bandwidth', 'cut', 'reset', 'slow close', 'half-open'] as const;
export type Fault = (typeof FAULTS)[number];

export interface Plan {
  readonly phase: Phase;
  /** At the how many-th time that any connection gets there, from 1. Later ones are left alone. */
  readonly occurrence: number;
  readonly fault: Fault;
}

const LATENCY_MILLISECONDS = 15;
const BYTES_A_MILLISECOND = 48;
const SLOW_CLOSE_MILLISECONDS = 1_000;
/** What `tcp_keepalives_idle` of a real server is for; here it does not take a minute. */
const SERVER_NOTICES_MILLISECONDS = 1_000;

/** Stands between a service and PostgreSQL, understands what they say to each other, and does harm where it is told to. */
export class FaultProxy {
  /** Times that each phase was reached since `arm`. */
  readonly reached = new Map<Phase, number>();
  readonly #server: Server;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #plan: Plan | undefined;
  /** Whether the fault of the plan was injected. */
  injected = false;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  /** @param target port of the server on this machine */
  static async start(target: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** The address of a database behind the proxy. */
  urlOf(database: string): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy does not listen.');
    const url = new URL(database);
    url.port = String(address.port);
    return url.href;
  }

  arm(plan: Plan | undefined): void {
    this.#plan = plan;
    this.injected = false;
    this.reached.clear();
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** @returns the fault that is due now */
  #faultAt(phase: Phase): Fault | undefined {
    const times = (this.reached.get(phase) ?? 0) + 1;
    this.reached.set(phase, times);
    if (this.#plan?.phase !== phase || this.#plan.occurrence !== times) return undefined;
    this.injected = true;
    return this.#plan.fault;
  }

  #accept(service: Socket): void {
    const server = connect({ port: this.#target, host: '127.0.0.1', noDelay: true });
    for (const socket of [service, server]) {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      // What the other side does about it is what is tested.
      socket.on('error', () => {});
    }
    const connection = new Connection(service, server, (phase) => this.#faultAt(phase));
    connection.start();
  }
}

class Connection {
  readonly #service: Socket;
  readonly #server: Socket;
  readonly #faultAt: (phase: Phase) => Fault | undefined;
  #slowed: 'latency' | 'bandwidth' | undefined;
  #broken = false;

  constructor(service: Socket, server: Socket, faultAt: (phase: Phase) => Fault | undefined) {
    this.#service = service;
    this.#server = server;
    this.#faultAt = faultAt;
  }

  start(): void {
    this.#meet('connect');
    this.#forward('to server', this.#service, this.#server);
    this.#forward('to service', this.#server, this.#service);
  }

  #forward(direction: Direction, from: Socket, to: Socket): void {
    const splitter = new MessageSplitter(direction);
    let sent = Promise.resolve();
    from.on('data', (bytes) => {
      from.pause();
      sent = sent.then(async () => {
        for (const message of splitter.push(bytes)) {
          const phase = phaseOf(direction, message);
          if (phase !== undefined && !this.#broken) this.#meet(phase);
          if (this.#broken) return;
          await this.#slowDown(message.length);
          to.write(message);
        }
        from.resume();
      });
    });
    from.on('close', () => void sent.then(() => this.#broken || to.end()));
  }

  async #slowDown(bytes: number): Promise<void> {
    if (this.#slowed === 'latency') await delay(LATENCY_MILLISECONDS);
    if (this.#slowed === 'bandwidth') await delay(bytes / BYTES_A_MILLISECOND);
  }

  #meet(phase: Phase): void {
    const fault = this.#faultAt(phase);
    if (fault === undefined) return;
    if (fault === 'latency' || fault === 'bandwidth') {
      this.#slowed = fault;
      return;
    }
    this.#broken = true;
    const sockets = [this.#service, this.#server];
    switch (fault) {
      case 'cut':
        for (const socket of sockets) socket.end();
        break;
      case 'reset':
        for (const socket of sockets) socket.resetAndDestroy();
        break;
      case 'slow close':
        setTimeout(() => sockets.forEach((socket) => void socket.end()), SLOW_CLOSE_MILLISECONDS);
        break;
      case 'half-open':
        setTimeout(() => this.#server.destroy(), SERVER_NOTICES_MILLISECONDS);
        break;
    }
  }
}
