import { resolveSafeChildPath } from '@backstage/backend-plugin-api';
import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import { checkRepository } from './check-repository.ts';
import { checkExamples } from './examples.ts';

/** Refuses to go on with a repository that was rendered in part only. */
export function createCheckAction() {
  return createTemplateAction({
    id: 'etl-pipeline:check',
    description:
      'Checks that the ETL pipeline template rendered a repository completely: no left-over expressions, no missing files or values, and a pipeline.yaml and package.json that agree with what is there. Fails with each file and line where it did not.',
    examples: checkExamples,
    supportsDryRun: true,
    schema: {
      input: {
        targetPath: (z) =>
          z.string({ description: 'Folder of the repository in the workspace. Default: the workspace.' }).optional(),
      },
      output: {
        files: (z) => z.number({ description: 'How many files were checked.' }),
      },
    },
    async handler({ input, workspacePath, logger, output }) {
      const files = await checkRepository(resolveSafeChildPath(workspacePath, input.targetPath ?? '.'));
      logger.info(`${files} files are complete`);
      output('files', files);
    },
  });
}
