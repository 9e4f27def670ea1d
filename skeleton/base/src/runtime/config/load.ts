import type { RegisteredConnector } from '../connectors/connector.ts';
import { findConnectors, loadConnectors } from '../connectors/registry.ts';
import { checkConnectors } from './check-connectors.ts';
import { checkPart, isMap } from './check-part.ts';
import { checkReferences } from './check-references.ts';
import { type PipelineModel, pipelineModel } from './model.ts';
import { type ConfigProblem, ConfigurationError } from './problems.ts';
import { YamlFile } from './yaml-file.ts';

/** A pipeline.yaml that was found right, with what is needed to open its connections and to say where things stand. */
export interface PipelineConfig extends PipelineModel {
  readonly file: YamlFile;
  /** The connectors of its connections, by type. */
  readonly connectors: ReadonlyMap<string, RegisteredConnector>;
}

export interface LoadConfigOptions {
  /** Where to look for connectors; by default src/runtime/connectors. */
  readonly connectorDirectories?: readonly string[];
}

/**
 * Reads and checks pipeline.yaml. The environment is not needed: references are resolved when a connection is opened.
 *
 * @throws ConfigurationError with all problems at once
 */
export async function loadConfig(path: string, options: LoadConfigOptions = {}): Promise<PipelineConfig> {
  const file = await YamlFile.read(path);
  const installed = await findConnectors(options.connectorDirectories);
  const connectors = await loadConnectors(installed, connectionTypes(file.value));
  const parsed = pipelineModel.safeParse(file.value);
  const problems = [
    ...file.duplicates,
    ...checkReferences(file, connectors),
    ...checkPart(file, pipelineModel, []),
    ...checkConnectors(file, connectors, [...installed.keys()]),
  ];
  if (problems.length > 0 || !parsed.success) throw new ConfigurationError(path, firstOfEachPlace(problems));
  return { ...parsed.data, file, connectors };
}

function connectionTypes(value: unknown): string[] {
  const connections = isMap(value) && isMap(value.connections) ? Object.values(value.connections) : [];
  return connections.flatMap((connection) =>
    isMap(connection) && typeof connection.type === 'string' ? [connection.type] : [],
  );
}

/** One mistake often breaks several rules; the first one that is told explains it best. */
function firstOfEachPlace(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const places = new Map<string, ConfigProblem>();
  for (const problem of problems) {
    const place = `${problem.line}:${problem.column}:${problem.path}`;
    if (!places.has(place)) places.set(place, problem);
  }
  return [...places.values()];
}
