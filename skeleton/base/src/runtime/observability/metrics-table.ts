import type { StageName } from '../pipeline/stage.ts';

/** Values of the tags that only some metrics carry; each has a handful, so that no metric grows without bound. */
interface TagValues {
  readonly stage: StageName;
  readonly status: 'complete' | 'failed' | 'interrupted';
}

interface MetricDefinition {
  readonly kind: 'count' | 'distribution' | 'gauge';
  /** One of Datadog's units. */
  readonly unit: string;
  readonly description: string;
  /** Besides those that all have. */
  readonly tags: readonly (keyof TagValues)[];
}

export const METRIC_PREFIX = 'etl.';

/** The tags that all metrics have; `env` where it is known. */
export const SHARED_TAGS = ['env', 'service', 'version', 'pipeline', 'resource'] as const;

/** Every metric there is, without its prefix. Dashboard and monitors in `deploy/datadog` use these and no other. */
export const METRICS = {
  'records.read': {
    kind: 'count',
    unit: 'record',
    tags: [],
    description: 'Records that the source delivered, unreadable ones included.',
  },
  'records.written': {
    kind: 'count',
    unit: 'record',
    tags: [],
    description: 'Records that are in the sink.',
  },
  'records.dead_lettered': {
    kind: 'count',
    unit: 'record',
    tags: [],
    description: 'Records that could not be read, converted, validated or loaded and were set aside.',
  },
  'bytes.read': {
    kind: 'count',
    unit: 'byte',
    tags: [],
    description: 'Bytes read from the source.',
  },
  'batch.duration': {
    kind: 'distribution',
    unit: 'millisecond',
    tags: [],
    description: 'Time from a batch being read to its being loaded, waiting included.',
  },
  'stage.duration': {
    kind: 'distribution',
    unit: 'millisecond',
    tags: ['stage'],
    description: 'Time one stage worked on one batch.',
  },
  'load.retries': {
    kind: 'count',
    unit: 'attempt',
    tags: [],
    description: 'Loads that were tried again after a transient failure of the sink.',
  },
  'run.duration': {
    kind: 'distribution',
    unit: 'millisecond',
    tags: [],
    description: 'Time one run of one resource took.',
  },
  'run.status': {
    kind: 'count',
    unit: 'event',
    tags: ['status'],
    description: 'Runs that ended, by how they ended.',
  },
  'lag.seconds': {
    kind: 'gauge',
    unit: 'second',
    tags: [],
    description: 'Age of the newest data read so far, where a position of the source says how old it is.',
  },
  'in_flight.batches': {
    kind: 'gauge',
    unit: 'item',
    tags: [],
    description: 'Batches that are read and not yet loaded.',
  },
} as const satisfies Record<string, MetricDefinition>;

type Kind = MetricDefinition['kind'];
export type MetricName = keyof typeof METRICS;
export type MetricNameOf<K extends Kind> = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends K ? Name : never;
}[MetricName];

/** The tags that a metric must be sent with: no more, no fewer. */
export type MetricTags<Name extends MetricName> = { readonly pipeline: string; readonly resource: string } & {
  readonly [Tag in (typeof METRICS)[Name]['tags'][number]]: TagValues[Tag];
};
