import { createBackendModule } from '@backstage/backend-plugin-api';
import { createTemplateAction, scaffolderActionsExtensionPoint } from '@backstage/plugin-scaffolder-node';
import type { LocalRepositories } from './local-repositories.ts';

/**
 * Stands in for the action of the same name that a company installs with the GitHub module: it takes the same input and
 * gives the same output, and the repository lands in a folder. So the template runs here as it is.
 */
export function publishModule(repositories: LocalRepositories, address: string) {
  return createBackendModule({
    pluginId: 'scaffolder',
    moduleId: 'preview-publish',
    register(registration) {
      registration.registerInit({
        deps: { actions: scaffolderActionsExtensionPoint },
        async init({ actions }) {
          actions.addActions(createPublishAction(repositories, address));
        },
      });
    },
  });
}

function createPublishAction(repositories: LocalRepositories, address: string) {
  return createTemplateAction({
    id: 'publish:github',
    description: 'Preview: makes a local repository in the place of one on GitHub.',
    schema: {
      input: {
        repoUrl: (z) => z.string(),
        description: (z) => z.string(),
        defaultBranch: (z) => z.literal('main'),
        repoVisibility: (z) => z.enum(['private', 'internal', 'public']),
        gitCommitMessage: (z) => z.string(),
      },
      output: {
        remoteUrl: (z) => z.string(),
        repoContentsUrl: (z) => z.string(),
      },
    },
    async handler({ input, workspacePath, logger, output }) {
      const location = new URL(`https://${input.repoUrl}`).searchParams;
      const name = { owner: location.get('owner') ?? '', repository: location.get('repo') ?? '' };
      const folder = await repositories.create(name, workspacePath, input.gitCommitMessage);
      logger.info(`Nothing was sent to GitHub. The repository is in ${folder}`);
      output('remoteUrl', `${address}/api/repositories/${name.owner}/${name.repository}/`);
      output('repoContentsUrl', `https://github.com/${name.owner}/${name.repository}/blob/main`);
    },
  });
}
