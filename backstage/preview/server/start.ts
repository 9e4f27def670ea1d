import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBackend } from '@backstage/backend-defaults';
import { coreServices, createServiceFactory, type RootLoggerService } from '@backstage/backend-plugin-api';
import { ConfigReader } from '@backstage/config';
import etlPipelineModule from '../../scaffolder/index.ts';
import { configuration } from './configuration.ts';
import { LocalRepositories } from './local-repositories.ts';
import { publishModule } from './publish-action.ts';
import { repositoryPages } from './repository-pages.ts';
import { urlReader } from './url-reader.ts';

/** What a task does is in its log; the terminal gets what goes wrong. */
const quietLogger: RootLoggerService = {
  error: (message) => process.stderr.write(`${message}\n`),
  warn: (message) => process.stderr.write(`${message}\n`),
  info() {},
  debug() {},
  child: () => quietLogger,
};

export interface PreviewOptions {
  /** Where the browser finds it, such as http://localhost:7007. */
  readonly address: string;
  /** Where created repositories land. */
  readonly folder: string;
}

/**
 * A Backstage in this process: catalog, scaffolder, guest sign-in and the built frontend.
 *
 * @returns what stops it
 */
export async function startPreview({ address, folder }: PreviewOptions): Promise<() => Promise<void>> {
  const workingDirectory = await mkdtemp(join(tmpdir(), 'etl-pipeline-preview-'));
  const repositories = new LocalRepositories(folder);
  const backend = createBackend();
  backend.add(
    createServiceFactory({
      service: coreServices.rootConfig,
      deps: {},
      factory: () => new ConfigReader(configuration(address, workingDirectory)),
    }),
  );
  backend.add(createServiceFactory({ service: coreServices.rootLogger, deps: {}, factory: () => quietLogger }));
  backend.add(import('@backstage/plugin-app-backend'));
  backend.add(import('@backstage/plugin-auth-backend'));
  backend.add(import('@backstage/plugin-auth-backend-module-guest-provider'));
  backend.add(import('@backstage/plugin-catalog-backend'));
  backend.add(import('@backstage/plugin-catalog-backend-module-scaffolder-entity-model'));
  backend.add(import('@backstage/plugin-scaffolder-backend'));
  backend.add(etlPipelineModule);
  backend.add(publishModule(repositories, address));
  backend.add(urlReader(repositories));
  backend.add(repositoryPages(repositories));
  await backend.start();
  return async () => {
    await backend.stop();
    await rm(workingDirectory, { recursive: true, force: true });
  };
}
