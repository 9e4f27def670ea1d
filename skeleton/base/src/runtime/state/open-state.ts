import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PipelineConfig } from '../config/load.ts';
import { openState } from '../config/open.ts';
import { PipelineError } from '../errors/pipeline-error.ts';
import { openSqliteState } from './sqlite-database.ts';
import type { StateDatabase } from './state-database.ts';
import { StateStore } from './state-store.ts';

/** What the `index.ts` of a folder here exports that is named after the scheme of the URLs it takes. */
export type OpenStateDatabase = (url: string, pipeline: string) => Promise<StateDatabase>;

/**
 * Opens the state of a pipeline: in the database that `state.url` names, or else in the folder `state.path`.
 *
 * @throws PipelineError `STORAGE`, `ACCESS_DENIED` or `UNAVAILABLE` when it cannot be read or written
 */
export function openStateStore(config: PipelineConfig): Promise<StateStore> {
  const { path, url } = openState(config);
  return StateStore.open(url === undefined ? openSqliteState(path) : openDatabase(url, config.name));
}

async function openDatabase(url: string, pipeline: string): Promise<StateDatabase> {
  const scheme = url.slice(0, url.indexOf(':')).replace(/^postgresql$/, 'postgres');
  const file = join(import.meta.dirname, scheme, 'index.ts');
  const module: { openStateDatabase?: OpenStateDatabase } = existsSync(file)
    ? await import(pathToFileURL(file).href)
    : {};
  if (module.openStateDatabase !== undefined) return module.openStateDatabase(url, pipeline);
  throw new PipelineError(
    'CONFIGURATION',
    `state.url begins with ${scheme}://, and this repository has no store for that.`,
    {
      where: { file },
      hint: 'Leave state.url out to keep the state in a folder, or create the repository with PostgreSQL among its sources or sinks.',
    },
  );
}
