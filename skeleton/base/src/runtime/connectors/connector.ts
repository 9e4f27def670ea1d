import type { z } from 'zod';
import type { Extractor } from '../pipeline/extractor.ts';
import type { Loader } from '../pipeline/loader.ts';
import type { Shard } from '../pipeline/shard.ts';

export const WRITE_MODES = ['append', 'replace', 'merge'] as const;
export type WriteMode = (typeof WRITE_MODES)[number];

/** `by-key`: records with the same key are in the same shard; `by-file`: so are the records of one file only. */
export type SourceShards = 'by-key' | 'by-file';

/** How far behind the newest cursor to look for records that were committed late: a time, or a number of integers. */
export type Lag = { readonly seconds: number } | { readonly distance: number };

/** What a connector is told about the resource it reads, besides its own options. */
export interface SourceContext {
  readonly resource: string;
  readonly stream: string;
  readonly batchSize: number;
  /** Read only what is new since the last run, in the order of this column and the key that breaks its ties. */
  readonly incremental?: {
    readonly cursor: string;
    readonly key: readonly string[];
    readonly lag?: Lag;
    /** Whether the sink merges: a record that comes again takes the place of the one before. */
    readonly merges?: boolean;
  };
  /** The columns that somebody asks for; `undefined`: all. */
  readonly columns?: readonly string[];
  /** Deliver the records of this part only; a source that splits `by-key` takes the key from here, where there is one. */
  readonly shard?: Shard & { readonly key?: readonly string[] };
}

/** What a connector is told about the resource it writes, besides its own options. */
export interface SinkContext {
  readonly resource: string;
  readonly stream: string;
  readonly mode: WriteMode;
  /** Columns that identify a record; needed by `merge`. */
  readonly key: readonly string[];
  /** The stream of the whole resource, when `stream` is that of one of its shards: others write at the same time. */
  readonly shardOf?: string;
  /** Id of the run that writes. `prepare` claims the stream for it; from then on commits of others are refused. */
  readonly writer: string;
  /** Whether another run is over, though something of it may still be held in the sink; left out: nobody knows. */
  readonly isOver?: (writer: string) => Promise<boolean>;
}

/**
 * One system that records come from or go to. A folder `connectors/<type>/` whose `index.ts` exports `connector`
 * is found by its type name; nothing else has to be registered.
 */
export interface Connector<Connection, Source = never, Sink = never> {
  /** Name in pipeline.yaml: `type: postgres`. */
  readonly type: string;
  /** Options of a connection, without `type`. Mark secrets with `secret()`. */
  readonly connection: z.ZodType<Connection>;
  readonly source?: {
    /** Options of a resource's `source`, without `connection`. */
    readonly options: z.ZodType<Source>;
    /** Whether incremental reading needs `incremental` (cursor and key) in pipeline.yaml; otherwise it is refused. */
    readonly needsCursor?: boolean;
    /** How it heeds `context.shard`; left out, `shards` is refused in pipeline.yaml. */
    readonly shards?: SourceShards;
    createExtractor(connection: Connection, options: Source, context: SourceContext): Extractor;
  };
  readonly sink?: {
    /** Options of a resource's `sink`, without `connection`, `mode` and `key`. */
    readonly options: z.ZodType<Sink>;
    /** The write modes it has; all of them when left out. */
    readonly modes?: readonly WriteMode[];
    /** Whether several loaders may write into it at once, each with its own stream; otherwise `shards` is refused. */
    readonly shards?: boolean;
    createLoader(connection: Connection, options: Sink, context: SinkContext): Loader;
  };
}

/** A connector as the runtime uses it: options come in unchecked and go through the connector's own zod schemas once. */
export interface RegisteredConnector {
  readonly type: string;
  readonly connection: z.ZodType;
  readonly source?: { readonly options: z.ZodType; readonly needsCursor?: boolean; readonly shards?: SourceShards };
  readonly sink?: { readonly options: z.ZodType; readonly modes: readonly WriteMode[]; readonly shards?: boolean };
  /** @throws ZodError when the options are not what the schemas ask for */
  createExtractor?(connection: unknown, options: unknown, context: SourceContext): Extractor;
  /** @throws ZodError when the options are not what the schemas ask for */
  createLoader?(connection: unknown, options: unknown, context: SinkContext): Loader;
}

/** Makes a connector that can be registered; the option types meet here and nowhere else. */
export function defineConnector<Connection, Source, Sink>(
  connector: Connector<Connection, Source, Sink>,
): RegisteredConnector {
  const { type, connection, source, sink } = connector;
  return {
    type,
    connection,
    ...(source && {
      source: {
        options: source.options,
        needsCursor: source.needsCursor === true,
        ...(source.shards && { shards: source.shards }),
      },
      createExtractor: (raw, options, context) =>
        source.createExtractor(connection.parse(raw), source.options.parse(options), context),
    }),
    ...(sink && {
      sink: { options: sink.options, modes: sink.modes ?? WRITE_MODES, shards: sink.shards === true },
      createLoader: (raw, options, context) =>
        sink.createLoader(connection.parse(raw), sink.options.parse(options), context),
    }),
  };
}
