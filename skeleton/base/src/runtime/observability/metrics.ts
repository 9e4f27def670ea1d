import { createRequire } from 'node:module';
import type HotShots from 'hot-shots';
import type { StatsD } from 'hot-shots';
import { logger } from './logger.ts';
import { METRIC_PREFIX, type MetricNameOf, type MetricTags } from './metrics-table.ts';
import { serviceTags } from './service-tags.ts';

export { METRICS } from './metrics-table.ts';

/** Variables that tell where an agent takes metrics; without one of them no socket is opened. */
const AGENT_VARIABLES = ['DD_AGENT_HOST', 'DD_DOGSTATSD_URL', 'DD_DOGSTATSD_SOCKET'];

/** Fits an Ethernet frame, so that no packet is split on its way to an agent on another host. */
const PACKET_BYTES = 1432;

/** Sends metrics to a Datadog Agent. Metrics never fail a run: what cannot be sent is lost, and logged once. */
class Metrics {
  #client: StatsD | undefined;
  #opened = false;
  #failed = false;

  count<Name extends MetricNameOf<'count'>>(name: Name, value: number, tags: MetricTags<Name>): void {
    this.#open()?.increment(name, value, { ...tags });
  }

  distribution<Name extends MetricNameOf<'distribution'>>(name: Name, value: number, tags: MetricTags<Name>): void {
    this.#open()?.distribution(name, value, { ...tags });
  }

  gauge<Name extends MetricNameOf<'gauge'>>(name: Name, value: number, tags: MetricTags<Name>): void {
    this.#open()?.gauge(name, value, { ...tags });
  }

  /** Sends what is gathered and closes the socket. Call it once at the end. */
  async flush(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#opened = false;
    if (client === undefined) return;
    await new Promise<void>((resolve) => {
      client.close((error) => {
        if (error !== undefined) this.#report(error);
        resolve();
      });
    });
  }

  /** The client, made when the first metric is sent. */
  #open(): StatsD | undefined {
    if (this.#opened) return this.#client;
    this.#opened = true;
    if (!AGENT_VARIABLES.some((name) => (process.env[name] ?? '') !== '')) return undefined;
    try {
      const Client = createRequire(import.meta.url)('hot-shots') as typeof HotShots;
      this.#client = new Client({
        prefix: METRIC_PREFIX,
        globalTags: { ...serviceTags },
        maxBufferSize: PACKET_BYTES,
        cacheDns: true,
        includeDatadogTelemetry: false,
        closingFlushInterval: 10,
        errorHandler: (error) => this.#report(error),
      });
    } catch (error) {
      this.#report(error);
    }
    return this.#client;
  }

  #report(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    logger.warn({ error }, 'Metrics cannot be sent to the Datadog Agent; the run goes on without them.');
  }
}

export const metrics = new Metrics();
