import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { pythonEnvironment } from '../../../scripts/python-environment.ts';

/** Ids are numbers of 64 bits, which JavaScript's own would round: they are made text before parsing. */
const spanSchema = z.object({
  name: z.string(),
  resource: z.string(),
  service: z.string(),
  error: z.number().default(0),
  trace_id: z.string(),
  span_id: z.string(),
  parent_id: z.string().nullish(),
  meta: z.record(z.string(), z.string()),
});

export type ReceivedSpan = z.output<typeof spanSchema>;

export interface ReceivedMetric {
  readonly name: string;
  readonly value: number;
  readonly kind: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Stand in for a Datadog Agent: its own test agent for traces, a UDP socket for metrics. */
export class Receivers {
  readonly #agentPort: number;
  readonly #metricsPort: number;
  readonly #stop: () => Promise<void>;
  readonly #metrics: ReceivedMetric[];

  private constructor(agentPort: number, metricsPort: number, metrics: ReceivedMetric[], stop: () => Promise<void>) {
    this.#agentPort = agentPort;
    this.#metricsPort = metricsPort;
    this.#metrics = metrics;
    this.#stop = stop;
  }

  static async start(): Promise<Receivers> {
    const metrics: ReceivedMetric[] = [];
    const socket = createSocket('udp4');
    socket.on('message', (packet) => {
      const lines = packet.toString().split('\n');
      metrics.push(...lines.filter((line) => line.startsWith('etl.')).map(parseMetric));
    });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');

    const programs = await pythonEnvironment('datadog', join(import.meta.dirname, 'requirements.txt'));
    const [port, http, grpc] = await freePorts(3);
    const ports = ['--port', `${port}`, '--otlp-http-port', `${http}`, '--otlp-grpc-port', `${grpc}`];
    const agent = spawn(join(programs, 'ddapm-test-agent'), ports, { stdio: 'ignore' });
    const exited = once(agent, 'exit');
    await untilReady(`http://127.0.0.1:${port}/info`, agent);
    return new Receivers(port ?? 0, socket.address().port, metrics, async () => {
      agent.kill();
      await exited;
      socket.close();
    });
  }

  /** What a process needs in its environment to send here. */
  get environment(): Record<string, string> {
    return {
      DD_AGENT_HOST: '127.0.0.1',
      DD_TRACE_AGENT_PORT: String(this.#agentPort),
      DD_DOGSTATSD_PORT: String(this.#metricsPort),
      DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
    };
  }

  get metrics(): readonly ReceivedMetric[] {
    return this.#metrics;
  }

  /** The spans of all traces received so far. */
  async spans(): Promise<ReceivedSpan[]> {
    const response = await fetch(`http://127.0.0.1:${this.#agentPort}/test/traces`);
    const exact = (await response.text()).replaceAll(/_id": ?(\d+)/g, '_id": "$1"');
    return z.array(z.array(spanSchema)).parse(JSON.parse(exact)).flat();
  }

  stop(): Promise<void> {
    return this.#stop();
  }
}

/** `etl.stage.duration:12.5|d|#stage:load,env:test` */
function parseMetric(line: string): ReceivedMetric {
  const [head = '', kind = '', ...fields] = line.split('|');
  const [name = '', value] = head.split(':');
  const tags =
    fields
      .find((field) => field.startsWith('#'))
      ?.slice(1)
      .split(',') ?? [];
  const entries = tags.map((tag) => [tag.slice(0, tag.indexOf(':')), tag.slice(tag.indexOf(':') + 1)] as const);
  return { name, value: Number(value), kind, tags: Object.fromEntries(entries) };
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  const ports: number[] = [];
  for (const server of servers) {
    if (!server.listening) await once(server, 'listening');
    const address = server.address();
    if (address !== null && typeof address === 'object') ports.push(address.port);
  }
  for (const server of servers) server.close();
  return ports;
}

async function untilReady(url: string, agent: { exitCode: number | null }): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (agent.exitCode !== null) throw new Error(`The test agent ended with ${agent.exitCode} instead of starting.`);
    const answered = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (answered) return;
    await delay(100);
  }
  throw new Error('The test agent did not answer within a minute.');
}
