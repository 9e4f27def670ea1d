import { createRequire } from 'node:module';
import type { Span as DatadogSpan, Tracer } from 'dd-trace';
import { redact } from '../config/secrets.ts';
import { asPipelineError } from '../errors/pipeline-error.ts';
import type { StageName } from '../pipeline/stage.ts';
import { serviceTags } from './service-tags.ts';

/**
 * The spans of a run: one `pipeline.run`, below it a `pipeline.batch` for each batch, below that its stages. Comparing
 * source and sink is a `pipeline.verify`.
 */
export type SpanName = 'pipeline.run' | 'pipeline.batch' | 'pipeline.verify' | StageName;

export type SpanTags = Readonly<Record<string, string | number | boolean>>;

/**
 * A stretch of work in the trace. Several batches are in flight at a time, so a span is a handle that is passed
 * along, not something that is found in the surroundings.
 */
export interface Span {
  /** Starts a span below this one; it has this one's tags as well. */
  child(name: SpanName, tags?: SpanTags): Span;
  /** Does the work inside this span: queries, requests and log lines made meanwhile belong to it. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Ends the span, as failed when there is an error. */
  finish(error?: unknown): void;
  /** For dead letters and messages; `undefined` without an agent. */
  readonly traceId: string | undefined;
}

/** Variables that tell where a Datadog Agent takes traces; without one of them nothing is traced. */
const AGENT_VARIABLES = ['DD_AGENT_HOST', 'DD_TRACE_AGENT_URL', 'DD_TRACE_AGENT_HOSTNAME'];

/** Milliseconds that the last spans may take to reach the agent. */
const LAST_SPANS_TIMEOUT = 3_000;

let tracer: Tracer | undefined;

/**
 * Loads dd-trace when an agent is configured and `DD_TRACE_ENABLED` does not say otherwise. Await it before
 * importing anything that talks to a server (`pg`, an HTTP client): only what is imported later is instrumented.
 */
export async function startTracing(): Promise<void> {
  if (tracer !== undefined || !agentConfigured(process.env)) return;
  const { default: datadog } = await import('dd-trace');
  tracer = datadog.init({ ...serviceTags, logInjection: false, startupLogs: false });
  createRequire(import.meta.url)('dd-trace/register.js');
}

function agentConfigured(environment: NodeJS.ProcessEnv): boolean {
  if (['false', '0'].includes(environment.DD_TRACE_ENABLED?.toLowerCase() ?? '')) return false;
  return AGENT_VARIABLES.some((name) => (environment[name] ?? '') !== '');
}

/**
 * Says that the work is done. Spans are sent as the process ends; an agent that takes connections and never answers
 * would hold it for half a minute, so after three seconds it ends without them.
 */
export function stopTracing(): void {
  if (tracer !== undefined) setTimeout(() => process.exit(), LAST_SPANS_TIMEOUT).unref();
}

/** Starts a trace. */
export function startSpan(name: SpanName, tags: SpanTags): Span {
  return tracer === undefined ? noSpan : new TracedSpan(tracer, name, tags);
}

/** Does a run inside a trace of its own; the trace fails when the run does. */
export async function traceRun<T>(tags: SpanTags, run: (span: Span) => Promise<T>): Promise<T> {
  const span = startSpan('pipeline.run', tags);
  try {
    const result = await span.run(() => run(span));
    span.finish();
    return result;
  } catch (error) {
    span.finish(error);
    throw error;
  }
}

/** Ids as Datadog looks for them in log lines; empty outside of a trace. */
export interface TraceIds {
  readonly trace_id?: string;
  readonly span_id?: string;
}

/** Ids of the span in which this code runs. */
export function currentTraceIds(): TraceIds {
  const span = tracer?.scope().active() ?? undefined;
  return tracer === undefined || span === undefined ? {} : traceIds(tracer, span);
}

function traceIds(tracer: Tracer, span: DatadogSpan): TraceIds {
  const carrier: { dd?: TraceIds } = {};
  tracer.inject(span, 'log', carrier);
  return carrier.dd ?? {};
}

class TracedSpan implements Span {
  readonly #tracer: Tracer;
  readonly #span: DatadogSpan;
  readonly #tags: SpanTags;

  constructor(tracer: Tracer, name: SpanName, tags: SpanTags, parent?: DatadogSpan) {
    this.#tracer = tracer;
    this.#tags = tags;
    this.#span = tracer.startSpan(name, {
      ...(parent === undefined ? {} : { childOf: parent }),
      tags: { 'span.kind': 'internal', '_dd.measured': 1, ...resourceName(name, tags), ...tags },
    });
  }

  get traceId(): string | undefined {
    return traceIds(this.#tracer, this.#span).trace_id;
  }

  child(name: SpanName, tags: SpanTags = {}): Span {
    return new TracedSpan(this.#tracer, name, { ...this.#tags, ...tags }, this.#span);
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    return this.#tracer.scope().activate(this.#span, work);
  }

  finish(error?: unknown): void {
    if (error !== undefined) this.#span.addTags(errorTags(error));
    this.#span.finish();
  }
}

/** Datadog groups spans by resource name: the pipeline's resource, so that each one has its own figures. */
function resourceName(name: SpanName, tags: SpanTags): SpanTags {
  return { 'resource.name': String(tags.resource ?? name) };
}

function errorTags(error: unknown): SpanTags {
  const { code, message, stack } = asPipelineError(error);
  return { 'error.type': code, 'error.message': redact(message), 'error.stack': redact(stack ?? message) };
}

const noSpan: Span = {
  child: () => noSpan,
  run: (work) => work(),
  finish: () => undefined,
  traceId: undefined,
};
