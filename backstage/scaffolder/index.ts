import { coreServices, createBackendModule } from '@backstage/backend-plugin-api';
import { scaffolderActionsExtensionPoint } from '@backstage/plugin-scaffolder-node';
import { scaffolderTemplatingExtensionPoint } from '@backstage/plugin-scaffolder-node/alpha';
import { ScmIntegrations } from '../../scripts/template/scm-integrations.ts';
import { createCheckAction } from './check/action.ts';
import { createUpdateAction } from './update/action.ts';

/**
 * Adds the actions of the ETL pipeline template to the scaffolder, and the global `etlPipelineModule`, by which templates
 * know that these actions are there.
 */
const etlPipelineModule = createBackendModule({
  pluginId: 'scaffolder',
  moduleId: 'etl-pipeline',
  register(registration) {
    registration.registerInit({
      deps: {
        actions: scaffolderActionsExtensionPoint,
        templating: scaffolderTemplatingExtensionPoint,
        config: coreServices.rootConfig,
        reader: coreServices.urlReader,
      },
      async init({ actions, templating, config, reader }) {
        const integrations = ScmIntegrations.fromConfig(config);
        actions.addActions(createCheckAction(), createUpdateAction({ reader, integrations }));
        templating.addTemplateGlobals({ etlPipelineModule: true });
      },
    });
  },
});

// What `backend.add(import('…'))` takes.
export default etlPipelineModule;
