import { createBackendModule } from '@backstage/backend-plugin-api';
import { scaffolderActionsExtensionPoint } from '@backstage/plugin-scaffolder-node';
import { scaffolderTemplatingExtensionPoint } from '@backstage/plugin-scaffolder-node/alpha';
import { createCheckAction } from './check/action.ts';

/**
 * Adds the actions of the ETL pipeline template to the scaffolder, and the global `etlPipelineModule`, by which templates
 * know that these actions are there.
 */
const etlPipelineModule = createBackendModule({
  pluginId: 'scaffolder',
  moduleId: 'etl-pipeline',
  register(registration) {
    registration.registerInit({
      deps: { actions: scaffolderActionsExtensionPoint, templating: scaffolderTemplatingExtensionPoint },
      async init({ actions, templating }) {
        actions.addActions(createCheckAction());
        templating.addTemplateGlobals({ etlPipelineModule: true });
      },
    });
  },
});

// What `backend.add(import('…'))` takes.
export default etlPipelineModule;
