import { z } from 'zod';
import { type Lag, WRITE_MODES } from '../connectors/connector.ts';
import { MOST_SHARDS } from '../pipeline/shard.ts';
import { durationSchema } from './duration.ts';
import { secret } from './secrets.ts';

const name = z
  .string()
  .min(3)
  .max(50)
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'must be lower-case words joined by hyphens, such as daily-orders')
  .describe('Name of the pipeline, as in metrics, traces and alerts: lower-case words joined by hyphens.');

const identifier = z
  .string()
  .max(100)
  .regex(/^[a-z][a-z0-9]*([_-][a-z0-9]+)*$/, 'must be lower-case words joined by _ or -, such as daily_orders');

const columnName = z.string().min(1);

/** 20 days in seconds; the timers of Node.js end at 24. */
const LONGEST_DEADLINE = 1_728_000;

/** A system to read from or write to. The connector of `type` checks the other options. */
export const connectionModel = z.looseObject({
  type: z.string().min(1).describe('The connector: the name of a folder or file in src/runtime/connectors.'),
});

/** What to read. The connector checks the other options. */
export const sourceModel = z.looseObject({
  connection: z.string().min(1).describe('A name under `connections`.'),
});

/** Where to write. The connector checks the other options. */
export const sinkModel = z
  .looseObject({
    connection: z.string().min(1).describe('A name under `connections`.'),
    mode: z
      .enum(WRITE_MODES)
      .default('append')
      .describe(
        'append adds records; replace swaps the whole contents when the source was read to its end; ' +
          'merge updates the record with the same key and adds the others. Default: append.',
      ),
    key: z
      .array(columnName)
      .min(1)
      .optional()
      .describe('Columns that together identify a record; needed by, and only for, `mode: merge`.'),
  })
  .check(({ value, issues }) => {
    if (value.mode === 'merge' && value.key === undefined) {
      const message = '`mode: merge` needs `key`, the columns that identify a record, such as key: [order_id]';
      issues.push({ code: 'custom', message, input: value });
    }
    if (value.mode !== 'merge' && value.key !== undefined) {
      const message = `only \`mode: merge\` uses a key, and the mode is ${value.mode}; remove it or set mode: merge`;
      issues.push({ code: 'custom', message, input: value.key, path: ['key'] });
    }
  });

const lagModel = z.union(
  [
    durationSchema.refine((seconds) => seconds > 0).transform((seconds): Lag => ({ seconds })),
    z
      .int()
      .min(1)
      .transform((distance): Lag => ({ distance })),
  ],
  { error: 'must be a duration such as 30s, 15m, 1h or 2d for a time, or a whole number for an integer; above 0' },
);

const incrementalModel = z
  .strictObject({
    cursor: columnName.describe('Column that grows whenever a record is added or changed, such as updated_at.'),
    key: z
      .array(columnName)
      .min(1)
      .describe('Columns that together identify a record; they break ties between equal cursor values.'),
    lag: lagModel
      .optional()
      .describe(
        'How far behind the newest cursor to look for records that were committed late: a duration (30s, 15m, 1h, 2d) ' +
          'where the cursor is a time, a number where it is an integer. Longer than the longest transaction that writes. ' +
          'Default: everywhere, which reads the whole table in each run.',
      ),
  })
  .describe('How to find what is new since the last run, for sources that do not know it themselves.');

const deadLettersModel = z
  .strictObject({
    max: z
      .int()
      .min(0)
      .default(100)
      .describe('Records of one run that may become dead letters before it stops. Minimum 0, default 100.'),
    share: z
      .number()
      .min(0)
      .max(1)
      .default(0.05)
      .describe(
        'The same as a share of the records read, 0 to 1, of the run and of each window; above 0, one record always ' +
          'may. Default 0.05, five in a hundred.',
      ),
    window: z
      .int()
      .min(1)
      .default(10_000)
      .describe(
        'Records of a window, which is made of whole batches: a run stops as soon as one window exceeds the share. ' +
          'Minimum 1, default 10,000.',
      ),
  })
  .describe('The dead-letter budget: a run that exceeds one of its limits stops with exit code 3.');

const deadline = durationSchema.refine((seconds) => seconds > 0 && seconds <= LONGEST_DEADLINE, {
  error: 'must be a duration from 1s to 20d',
});

const deadlinesModel = z
  .strictObject({
    source: deadline
      .default(900)
      .describe('How long the source may take for one answer, such as the next batch. 1s to 20d, default 15m.'),
    sink: deadline
      .default(900)
      .describe('How long the sink may take to load one batch, or to end the load. 1s to 20d, default 15m.'),
    retry: deadline
      .default(120)
      .describe('How long a call that failed transiently is tried again before the run ends. 1s to 20d, default 2m.'),
  })
  .describe('When to stop waiting: a call that takes longer is given up, reported and tried again.');

export const resourceModel = z
  .strictObject({
    source: sourceModel,
    sink: sinkModel,
    definition: identifier
      .optional()
      .describe(
        'Name of the definition in src/resources that the records go through. Default: the name of the resource.',
      ),
    mode: z
      .enum(['full', 'incremental'])
      .default('incremental')
      .describe(
        'full reads everything in every run; incremental what is new since the last run. Default: incremental.',
      ),
    incremental: incrementalModel.optional(),
    schemaEvolution: z
      .enum(['manual', 'warn', 'auto'])
      .default('manual')
      .describe(
        'What a new column in the source does: manual stops the run, warn leaves the column out and says so, ' +
          'auto adds it to the sink. Default: manual.',
      ),
    batchSize: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(20_000)
      .describe(
        'Records of a batch, 1 to 1,000,000. Default 20,000. Larger batches move faster and take more memory; ' +
          'a killed run repeats at most the batches in hand.',
      ),
    deadLetters: deadLettersModel.prefault({}),
    deadlines: deadlinesModel.prefault({}),
    shards: z
      .int()
      .min(1)
      .max(MOST_SHARDS)
      .default(1)
      .describe(
        'Parts that the resource is split into, each moved by a process of its own with its own position, 1 to 32. ' +
          'Default 1. Not for a sink with mode replace.',
      ),
    verify: z
      .boolean()
      .default(false)
      .describe(
        'Compare the sink with the source after each run, which fails when they differ. Reads both again, or lets ' +
          'databases compute checksums. Default: false; `npm run pipeline -- verify` does it at any time.',
      ),
  })
  .check(({ value, issues }) => {
    if (value.shards === 1 || !value.verify) return;
    const message =
      'compares the resource as a whole, and shards end one by one; run `npm run pipeline -- verify` instead';
    issues.push({ code: 'custom', message, input: value.verify, path: ['verify'] });
  })
  .check(({ value, issues }) => {
    if (value.shards === 1 || value.sink.mode !== 'replace') return;
    const message =
      'a sink that is replaced gets its new contents at once, and shards end one by one; ' +
      'set `shards: 1`, or append or merge for the sink';
    issues.push({ code: 'custom', message, input: value.shards, path: ['shards'] });
  })
  .check(({ value, issues }) => {
    if (value.mode !== 'incremental' || value.sink.mode !== 'replace') return;
    const message =
      'replaces the whole sink with what is new since the last run, and so loses the rest; ' +
      'set `mode: full` for the resource, or append or merge for the sink';
    issues.push({ code: 'custom', message, input: value, path: ['sink', 'mode'] });
  });

const webhookModel = z.strictObject({
  url: secret(z.string().describe('Where alerts are sent by POST; an empty variable sends none.')),
  secret: secret(
    z.string().describe('Key of the signature (Standard Webhooks, whsec_…); without it alerts are not signed.'),
  ).optional(),
  previousSecret: secret(
    z.string().describe('The key before the last rotation; alerts carry both signatures until it is removed.'),
  ).optional(),
  template: z
    .string()
    .min(1)
    .default('generic')
    .describe('Body of the request: generic (JSON), slack, or the path of a Handlebars file of your own.'),
});

export const alertsModel = z
  .strictObject({
    deadLetters: z
      .int()
      .min(1)
      .default(1)
      .describe('Dead letters of one run that send an alert. Minimum and default 1.'),
    webhook: webhookModel.optional(),
  })
  .describe('Who is told when a run fails or leaves dead letters.');

export const stateModel = z
  .strictObject({
    path: z
      .string()
      .min(1)
      .default('./data/state')
      .describe('Folder of the state, when there is no `url`. Default: ./data/state.'),
    url: secret(
      z
        .string()
        .regex(/^([a-z]+:\/\/\S+|.*\$\{.*)?$/, {
          error: 'is not a URL like postgres://user:password@host:5432/database',
        })
        .describe('Database of the state, for runs that share no disk; an empty variable means the folder.'),
    ).optional(),
    deadLetters: z
      .string()
      .min(1)
      .default('./data/dead-letters')
      .describe(
        'Folder of the dead letters, or the URL of a PostgreSQL database from the environment. ' +
          'Default: ./data/dead-letters.',
      ),
  })
  .describe('Where run history, leases and dead letters are kept; positions are in the sinks.');

/** The whole of pipeline.yaml. References to the environment are still in it as text. */
export const pipelineModel = z.strictObject({
  name,
  connections: z.record(identifier, connectionModel).describe('The systems, by the names that resources use.'),
  resources: z
    .record(identifier, resourceModel)
    .refine((resources) => Object.keys(resources).length > 0, 'must name at least one resource')
    .describe('What is moved, by name; run in this order.'),
  alerts: alertsModel.prefault({}),
  state: stateModel.prefault({}),
});

export type PipelineModel = z.output<typeof pipelineModel>;
export type ConnectionConfig = z.output<typeof connectionModel>;
export type ResourceConfig = z.output<typeof resourceModel>;
export type AlertsConfig = z.output<typeof alertsModel>;
export type StateConfig = z.output<typeof stateModel>;
