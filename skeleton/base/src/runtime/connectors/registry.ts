import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PipelineError } from '../errors/pipeline-error.ts';
import type { RegisteredConnector } from './connector.ts';

const OWN_FILES = new Set(['connector.ts', 'registry.ts']);

/** Connector types that are installed, with the file that holds each. */
export type ConnectorFiles = ReadonlyMap<string, string>;

/**
 * Finds connectors without running them: `<type>/index.ts` or `<type>.ts`.
 *
 * @param directories where to look; by default the folder of this file
 * @throws PipelineError CONFIGURATION when two claim the same type
 */
export async function findConnectors(directories: readonly string[] = [import.meta.dirname]): Promise<ConnectorFiles> {
  const files = new Map<string, string>();
  for (const directory of directories) {
    const entries = await readdir(directory, { withFileTypes: true });
    for (const entry of entries.toSorted((left, right) => left.name.localeCompare(right.name))) {
      const file = connectorFile(directory, entry.name, entry.isDirectory());
      if (file === undefined) continue;
      const type = entry.name.replace(/\.ts$/, '');
      const other = files.get(type);
      if (other !== undefined) {
        throw new PipelineError('CONFIGURATION', `Two connectors claim the type ${type}: ${other} and ${file}.`, {
          hint: 'Rename one of them.',
        });
      }
      files.set(type, file);
    }
  }
  return files;
}

/** A folder without an index.ts is no connector: connectors may share code. */
function connectorFile(directory: string, name: string, folder: boolean): string | undefined {
  if (folder) {
    const index = join(directory, name, 'index.ts');
    return existsSync(index) ? index : undefined;
  }
  const isConnector = name.endsWith('.ts') && !name.endsWith('.test.ts') && !OWN_FILES.has(name);
  return isConnector ? join(directory, name) : undefined;
}

/**
 * Runs the connectors of the given types, or all of them; types that are not installed are left out.
 *
 * @throws PipelineError CONFIGURATION when a file exports no `connector`, or one of another type than its name
 */
export async function loadConnectors(
  files: ConnectorFiles,
  types: Iterable<string> = files.keys(),
): Promise<ReadonlyMap<string, RegisteredConnector>> {
  const connectors = new Map<string, RegisteredConnector>();
  for (const type of new Set(types)) {
    const file = files.get(type);
    if (file !== undefined) connectors.set(type, await loadConnector(type, file));
  }
  return connectors;
}

async function loadConnector(type: string, file: string): Promise<RegisteredConnector> {
  const module: { connector?: RegisteredConnector } = await import(pathToFileURL(file).href).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PipelineError('CONFIGURATION', `The connector ${type} cannot be loaded: ${reason}`, {
      where: { file },
      cause,
    });
  });
  const { connector } = module;
  if (connector?.type !== type) {
    const found = connector === undefined ? 'exports no `connector`' : `exports a connector of type ${connector.type}`;
    throw new PipelineError(
      'CONFIGURATION',
      `A connector has the type that its file is named after; ${type} ${found}.`,
      {
        where: { file },
        hint: `Export \`const connector = defineConnector({ type: '${type}', … })\`.`,
      },
    );
  }
  return connector;
}
