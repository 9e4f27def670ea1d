import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBackend } from '@backstage/backend-defaults';
import { rootHttpRouterServiceFactory } from '@backstage/backend-defaults/rootHttpRouter';
import {
  type BackendFeature,
  coreServices,
  createBackendModule,
  createServiceFactory,
  type RootLoggerService,
} from '@backstage/backend-plugin-api';
import { ConfigReader } from '@backstage/config';
import { type CatalogService, catalogServiceRef } from '@backstage/plugin-catalog-node';
import { createTemplateAction, scaffolderActionsExtensionPoint } from '@backstage/plugin-scaffolder-node';
import etlPipelineModule from '../../backstage/scaffolder/index.ts';
import type { Answers } from './answers.ts';
import { projectDirectory, type TemplateDefinition, toEntity } from './definition.ts';
import { ScaffolderClient } from './scaffolder-client.ts';

// A CommonJS package with a default export, which Node's import and Vitest's wrap differently; require does not.
const { default: scaffolderPlugin } = createRequire(import.meta.url)('@backstage/plugin-scaffolder-backend') as {
  default: BackendFeature;
};

const EXPORT_ACTION = 'local:export';

type Configuration = NonNullable<ConstructorParameters<typeof ConfigReader>[0]>;

/** What else there is in the Backstage of the scaffolder. */
export interface Surroundings {
  /** Entities of the catalog by their references, beside the template. */
  readonly entities?: Readonly<Record<string, object>>;
  readonly features?: readonly BackendFeature[];
  /** Further parts of app-config.yaml. */
  readonly configuration?: Configuration;
}

/**
 * The scaffolder backend of Backstage in this process: all steps of a template run as a real task, from its checks of
 * the parameters to the last step, and the result lands in a folder. It listens on the loopback interface only and
 * answers to nobody without its one-time token.
 */
export class LocalScaffolder {
  readonly #template: TemplateDefinition;
  readonly #directory: string;
  readonly #surroundings: Surroundings;
  readonly #token = randomUUID();
  #server: Server | undefined;
  #stop: (() => Promise<void>) | undefined;

  /** @param directory where template.yaml and skeleton/ are */
  constructor(template: TemplateDefinition, directory = projectDirectory, surroundings: Surroundings = {}) {
    this.#template = template;
    this.#directory = directory;
    this.#surroundings = surroundings;
  }

  async start(): Promise<void> {
    const { configuration = {}, entities, features = [] } = this.#surroundings;
    const workingDirectory = await mkdtemp(join(tmpdir(), 'etl-pipeline-template-'));
    const backend = createBackend();
    backend.add(
      createServiceFactory({
        service: coreServices.rootConfig,
        deps: {},
        factory: () => new ConfigReader({ ...configuration, ...configurationOf(workingDirectory, this.#token) }),
      }),
    );
    backend.add(createServiceFactory({ service: coreServices.rootLogger, deps: {}, factory: () => silent }));
    backend.add(
      rootHttpRouterServiceFactory({
        configure: ({ server, applyDefaults }) => {
          this.#server = server;
          applyDefaults();
        },
      }),
    );
    backend.add(catalogOf(this.#template, this.#directory, entities));
    backend.add(scaffolderPlugin);
    backend.add(etlPipelineModule);
    backend.add(exportModule());
    for (const feature of features) backend.add(feature);
    await backend.start();
    this.#stop = async () => {
      await backend.stop();
      await rm(workingDirectory, { recursive: true, force: true });
    };
  }

  /** How the scaffolder is reached, once it is started. */
  get access(): { readonly url: string; readonly token: string } {
    const address = this.#server?.address();
    if (address === null || typeof address !== 'object') throw new Error('The scaffolder has not been started');
    return { url: `http://127.0.0.1:${address.port}`, token: this.#token };
  }

  get client(): ScaffolderClient {
    return new ScaffolderClient(this.access.url, this.access.token);
  }

  /**
   * Runs the template with complete answers and copies what it made to `folder`.
   *
   * @throws Error with the scaffolder's own words when it refuses the answers or a step fails; `folder` is then untouched.
   */
  async run(answers: Answers, folder: string): Promise<void> {
    await this.client.run(`template:default/${this.#template.metadata.name}`, answers, { folder });
  }

  async stop(): Promise<void> {
    await this.#stop?.();
  }
}

/** What went wrong is told by the task, in one sentence instead of a log. */
const silent: RootLoggerService = { error() {}, warn() {}, info() {}, debug() {}, child: () => silent };

function configurationOf(workingDirectory: string, token: string) {
  return {
    backend: {
      baseUrl: 'http://127.0.0.1',
      listen: { host: '127.0.0.1', port: 0 },
      database: { client: 'better-sqlite3', connection: ':memory:' },
      workingDirectory,
      auth: { externalAccess: [{ type: 'static', options: { token, subject: 'create' } }] },
    },
    permission: { enabled: false },
    // There is no other backend to tell, and asking for one that is not there ends the process when the machine is slow.
    events: { useEventBus: 'never' },
  };
}

/** The scaffolder asks the catalog for one thing, the template; some actions ask for more. */
function catalogOf(template: TemplateDefinition, directory: string, entities: Surroundings['entities'] = {}) {
  const entity = {
    ...toEntity(template, directory),
    spec: {
      ...template.spec,
      // The scaffolder deletes its workspace when the task ends: the last step takes the result out of it.
      steps: [...template.spec.steps, { id: 'export', name: 'Export', action: EXPORT_ACTION, input: {} }],
    },
  };
  const known = new Map<string, object>([
    [`template:default/${template.metadata.name}`, entity],
    ...Object.entries(entities),
  ]);
  const catalog: Pick<CatalogService, 'getEntityByRef'> = {
    getEntityByRef: async (reference) => {
      const found = known.get(typeof reference === 'string' ? reference : refOf(reference));
      return found === undefined ? undefined : JSON.parse(JSON.stringify(found));
    },
  };
  return createServiceFactory({ service: catalogServiceRef, deps: {}, factory: () => catalog as CatalogService });
}

function refOf({ kind, namespace, name }: { kind: string; namespace: string; name: string }): string {
  return `${kind}:${namespace}/${name}`.toLowerCase();
}

function exportModule() {
  return createBackendModule({
    pluginId: 'scaffolder',
    moduleId: 'local-export',
    register(registration) {
      registration.registerInit({
        deps: { actions: scaffolderActionsExtensionPoint },
        async init({ actions }) {
          actions.addActions(
            createTemplateAction({
              id: EXPORT_ACTION,
              async handler({ workspacePath, secrets }) {
                const folder = secrets?.folder;
                if (folder === undefined) throw new Error('No folder to export to');
                await cp(workspacePath, folder, { recursive: true, verbatimSymlinks: true });
              },
            }),
          );
        },
      });
    },
  });
}
