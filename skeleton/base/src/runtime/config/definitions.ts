import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { globSync } from 'tinyglobby';
import { PipelineError } from '../errors/pipeline-error.ts';
import { ResourceDefinition } from '../resource.ts';
import { placed } from './check-part.ts';
import { suggest } from './explain-issue.ts';
import type { PipelineConfig } from './load.ts';
import { type ConfigProblem, ConfigurationError } from './problems.ts';

/** The definitions of src/resources, by their names. */
export type Definitions = ReadonlyMap<string, ResourceDefinition>;

/**
 * Runs the files of a folder and takes what `resource(…)` made and they export.
 *
 * @throws PipelineError CONFIGURATION when a file cannot be run, or two definitions have the same name
 */
export async function loadDefinitions(directory: string): Promise<Definitions> {
  const definitions = new Map<string, ResourceDefinition>();
  const files = new Map<string, string>();
  if (!existsSync(directory)) return definitions;
  const found = globSync(['**/*.ts', '!**/*.test.ts'], { cwd: directory });
  for (const file of found.toSorted().map((name) => join(directory, name))) {
    for (const definition of await definitionsIn(file)) {
      const other = files.get(definition.name);
      if (definitions.get(definition.name) === definition) continue;
      if (other !== undefined) {
        throw new PipelineError(
          'CONFIGURATION',
          `The resource ${definition.name} is defined twice: in ${other} and in ${file}.`,
        );
      }
      files.set(definition.name, file);
      definitions.set(definition.name, definition);
    }
  }
  return definitions;
}

/** @throws ConfigurationError when a resource names a definition that does not exist, or one that does not suit it */
export function checkDefinitions(config: PipelineConfig, definitions: Definitions): void {
  const problems = Object.keys(config.resources).flatMap((name) => [
    ...checkName(config, definitions, name),
    ...checkWholeStream(config, definitions, name),
  ]);
  if (problems.length > 0) throw new ConfigurationError(config.file.path, problems);
}

function checkName(config: PipelineConfig, definitions: Definitions, name: string): ConfigProblem[] {
  const definition = config.resources[name]?.definition;
  if (definition === undefined || definitions.has(definition)) return [];
  const known = [...definitions.keys()];
  const hint = suggest(definition, known);
  const message = `there is no definition ${JSON.stringify(definition)}; src/resources has ${known.join(', ') || 'none'}`;
  return [placed(config.file, { path: ['resources', name, 'definition'], message, ...(hint && { hint }) })];
}

/** A transformer that works on the whole stream needs all of it, and gives all that the sink is to hold. */
function checkWholeStream(config: PipelineConfig, definitions: Definitions, name: string): ConfigProblem[] {
  const resource = config.resources[name];
  const stage = definitionOf(config, definitions, name)?.stages.list.find(({ wholeStream }) => wholeStream);
  if (resource === undefined || stage === undefined) return [];
  const problem = (path: readonly string[], message: string): ConfigProblem =>
    placed(config.file, {
      path: ['resources', name, ...path],
      message: `${stage.name} works on the whole stream, ${message}`,
    });
  const problems: ConfigProblem[] = [];
  if (resource.mode !== 'full') problems.push(problem(['mode'], 'and this reads only what is new; set `mode: full`'));
  if (resource.sink.mode !== 'replace') {
    problems.push(problem(['sink', 'mode'], 'so that its result is all that the sink holds; set `mode: replace`'));
  }
  return problems;
}

/** What the records of a resource go through; `undefined`: they move as they are. */
export function definitionOf(
  config: PipelineConfig,
  definitions: Definitions,
  resource: string,
): ResourceDefinition | undefined {
  return definitions.get(config.resources[resource]?.definition ?? resource);
}

async function definitionsIn(file: string): Promise<ResourceDefinition[]> {
  const module: Record<string, unknown> = await import(pathToFileURL(resolve(file)).href).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PipelineError('CONFIGURATION', `A file of src/resources cannot be run: ${reason}`, {
      where: { file },
      cause,
    });
  });
  const exported = new Set(Object.values(module));
  return [...exported].filter((value) => value instanceof ResourceDefinition);
}
