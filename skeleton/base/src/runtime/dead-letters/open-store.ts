import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PipelineConfig } from '../config/load.ts';
import { openState } from '../config/open.ts';
import { PipelineError } from '../errors/pipeline-error.ts';
import type { DeadLetterStore } from './dead-letter-store.ts';
import { FileDeadLetterStore } from './file-store.ts';

/** What the `index.ts` of a folder here exports that is named after the scheme of the URLs it takes. */
export type OpenDeadLetterStore = (url: string, pipeline: string) => DeadLetterStore;

const URL_START = /^([a-z]+):\/\//;

/**
 * The dead letters of a pipeline: in the folder or the database that `state.deadLetters` names.
 *
 * @throws PipelineError `CONFIGURATION` when this repository has no store for such a database
 */
export async function openDeadLetters(config: PipelineConfig): Promise<DeadLetterStore> {
  const { deadLetters } = openState(config);
  const [, scheme] = URL_START.exec(deadLetters) ?? [];
  if (scheme === undefined) return new FileDeadLetterStore(deadLetters);
  const file = join(import.meta.dirname, scheme.replace(/^postgresql$/, 'postgres'), 'index.ts');
  const module: { openDeadLetterStore?: OpenDeadLetterStore } = existsSync(file)
    ? await import(pathToFileURL(file).href)
    : {};
  if (module.openDeadLetterStore !== undefined) return module.openDeadLetterStore(deadLetters, config.name);
  throw new PipelineError(
    'CONFIGURATION',
    `state.deadLetters begins with ${scheme}://, and this repository has no store for that.`,
    { where: { file }, hint: 'Name a folder, or create the repository with PostgreSQL among its sources or sinks.' },
  );
}
