import { randomUUIDv7 } from 'node:crypto';
import type { RegisteredConnector, WriteMode } from '../connectors/connector.ts';
import { PipelineError } from '../errors/pipeline-error.ts';
import type { Extractor } from '../pipeline/extractor.ts';
import type { Loader } from '../pipeline/loader.ts';
import { type Shard, shardName } from '../pipeline/shard.ts';
import { CONNECTION_KEYS, SINK_KEYS, SOURCE_KEYS } from './check-connectors.ts';
import type { Environment } from './environment.ts';
import type { PipelineConfig } from './load.ts';
import { type AlertsConfig, alertsModel, type ResourceConfig, type StateConfig, stateModel } from './model.ts';
import { resolvePart } from './resolve-part.ts';

/** The name under which the progress of a resource, or of one of its shards, is recorded in its sink. */
export function streamOf(config: PipelineConfig, resource: string, shard?: Shard): string {
  return shardName(`${config.name}/${resource}`, shard);
}

/** @throws PipelineError CONFIGURATION when there is no such resource */
export function resourceOf(config: PipelineConfig, name: string): ResourceConfig {
  const resource = Object.hasOwn(config.resources, name) ? config.resources[name] : undefined;
  if (resource !== undefined) return resource;
  const known = Object.keys(config.resources).join(', ');
  throw new PipelineError('CONFIGURATION', `There is no resource ${name}; the resources are ${known}.`);
}

export interface OpenOptions {
  /** What references are resolved from; by default the variables of the process. */
  readonly environment?: Environment;
  /** Open one shard of the resource. */
  readonly shard?: Shard | undefined;
}

export interface OpenExtractorOptions extends OpenOptions {
  /** The columns that somebody asks for; all of them when left out. */
  readonly columns?: readonly string[] | undefined;
}

export interface OpenLoaderOptions extends OpenOptions {
  /** Record the progress under another name than that of the resource. */
  readonly stream?: string;
  /** Write in another way than pipeline.yaml says. */
  readonly mode?: WriteMode;
  /** Id of the run that will write; left out by those that only look. */
  readonly writer?: string;
  /** See `SinkContext`. */
  readonly isOver?: (writer: string) => Promise<boolean>;
}

/**
 * The extractor of a resource, ready to connect. References to the environment are resolved here.
 *
 * @throws ConfigurationError when a variable is missing or makes an option wrong
 */
export function openExtractor(config: PipelineConfig, name: string, options: OpenExtractorOptions = {}): Extractor {
  const { columns, shard, environment = process.env } = options;
  const resource = resourceOf(config, name);
  const { connector, connection } = openConnection(config, resource.source.connection, environment);
  if (connector.source === undefined || connector.createExtractor === undefined) throw unable(connector, 'source');
  const path = ['resources', name, 'source'];
  const source = resolvePart(config.file, connector.source.options, path, { besides: SOURCE_KEYS, environment });
  const { cursor, key, lag } = resource.incremental ?? {};
  const merges = resource.sink.mode === 'merge';
  return connector.createExtractor(connection, source, {
    resource: name,
    stream: streamOf(config, name, shard),
    batchSize: resource.batchSize,
    ...(resource.mode === 'incremental' &&
      cursor &&
      key && { incremental: { cursor, key, merges, ...(lag && { lag }) } }),
    ...(columns && { columns }),
    // Records that are merged into one must come from one shard, in their order.
    ...(shard && { shard: { ...shard, ...(resource.sink.key && { key: resource.sink.key }) } }),
  });
}

/**
 * The loader of a resource, ready to connect. References to the environment are resolved here.
 *
 * @throws ConfigurationError when a variable is missing or makes an option wrong
 */
export function openLoader(config: PipelineConfig, name: string, options: OpenLoaderOptions = {}): Loader {
  const { shard, stream = streamOf(config, name, shard), environment = process.env } = options;
  const { writer = randomUUIDv7(), isOver } = options;
  const { key = [], connection: connectionName, ...configured } = resourceOf(config, name).sink;
  const { mode = configured.mode } = options;
  const { connector, connection } = openConnection(config, connectionName, environment);
  if (connector.sink === undefined || connector.createLoader === undefined) throw unable(connector, 'sink');
  const path = ['resources', name, 'sink'];
  const sink = resolvePart(config.file, connector.sink.options, path, { besides: SINK_KEYS, environment });
  const shardOf = shard && streamOf(config, name);
  const context = { resource: name, stream, mode, key, writer, ...(shardOf && { shardOf }), ...(isOver && { isOver }) };
  return connector.createLoader(connection, sink, context);
}

/** The alerts with their references resolved; without a webhook where its URL is empty. */
export function openAlerts(config: PipelineConfig, environment: Environment = process.env): AlertsConfig {
  const alerts = alertsModel.parse(resolvePart(config.file, alertsModel, ['alerts'], { environment }));
  if (alerts.webhook === undefined || alerts.webhook.url === '') return { deadLetters: alerts.deadLetters };
  const { url, template, secret, previousSecret } = alerts.webhook;
  const webhook = { url, template, ...(secret && { secret }), ...(previousSecret && { previousSecret }) };
  return { deadLetters: alerts.deadLetters, webhook };
}

/** Where state and dead letters are, with the references resolved; without a URL where it is empty. */
export function openState(config: PipelineConfig, environment: Environment = process.env): StateConfig {
  const { url, ...folders } = stateModel.parse(resolvePart(config.file, stateModel, ['state'], { environment }));
  return url ? { url, ...folders } : folders;
}

function openConnection(
  config: PipelineConfig,
  name: string,
  environment: Environment,
): { connector: RegisteredConnector; connection: unknown } {
  const connector = config.connectors.get(config.connections[name]?.type ?? '');
  if (connector === undefined) throw new PipelineError('INTERNAL', `The connection ${name} was not checked.`);
  const path = ['connections', name];
  const options = { besides: CONNECTION_KEYS, environment };
  return { connector, connection: resolvePart(config.file, connector.connection, path, options) };
}

function unable(connector: RegisteredConnector, side: string): PipelineError {
  return new PipelineError('CONFIGURATION', `A connection of type ${connector.type} cannot be a ${side}.`);
}
