import { fileURLToPath } from 'node:url';
import { checkDefinitions, type Definitions, loadDefinitions } from '../config/definitions.ts';
import { loadConfig, type PipelineConfig } from '../config/load.ts';

/** What the team has written: pipeline.yaml and src/resources, found to fit each other. */
export interface Project {
  readonly config: PipelineConfig;
  readonly definitions: Definitions;
}

const RESOURCES = new URL('../../resources/', import.meta.url);

/** @throws PipelineError CONFIGURATION when something in them is wrong */
export async function openProject(configPath: string): Promise<Project> {
  const config = await loadConfig(configPath);
  const definitions = await loadDefinitions(fileURLToPath(RESOURCES));
  checkDefinitions(config, definitions);
  return { config, definitions };
}
