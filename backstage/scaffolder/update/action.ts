import { resolveSafeChildPath } from '@backstage/backend-plugin-api';
import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import { describeUpdate, titleOf } from './describe-update.ts';
import { updateExamples } from './examples.ts';
import { fetchTemplate, type Sources } from './template-source.ts';
import { copyChanges, updateWorkspace } from './update-workspace.ts';

/** Brings a repository that the template made to the newest version of the template. */
export function createUpdateAction(sources: Sources) {
  return createTemplateAction({
    id: 'etl-pipeline:update',
    description:
      'Brings a repository that the ETL pipeline template made, and that a step before fetched, to the version of the template that lies beside the running one, by a three-way merge. What both changed is marked as git marks conflicts.',
    examples: updateExamples,
    supportsDryRun: true,
    schema: {
      input: {
        targetPath: (z) =>
          z.string({ description: 'Folder of the repository in the workspace. Default: the workspace.' }).optional(),
        settings: (z) =>
          z
            .array(z.string(), {
              description: 'Other answers to questions of the wizard, as name=value; lists are separated by commas.',
            })
            .optional(),
        changesPath: (z) =>
          z
            .string({
              description: 'Folder of the workspace that gets the added and changed files alone, for a pull request.',
            })
            .optional(),
        versionUrl: (z) =>
          z
            .string({
              description:
                "URL of the template's folder at a version, with {version} in its place. Default: the tag v{version} of the template's repository on GitHub or GitLab.",
            })
            .optional(),
      },
      output: {
        from: (z) => z.string({ description: 'Version of the template that made the repository.' }),
        to: (z) => z.string({ description: 'Version that it is brought to.' }),
        changed: (z) => z.boolean({ description: 'Whether anything changes.' }),
        changedAnswers: (z) => z.array(z.string(), { description: 'Names of answers that are other ones now.' }),
        changes: (z) =>
          z.array(z.object({ path: z.string(), change: z.enum(['added', 'changed', 'deleted']) }), {
            description: 'All files that change, and how.',
          }),
        deleted: (z) => z.array(z.string(), { description: 'Files that are deleted, for filesToDelete.' }),
        conflicts: (z) => z.array(z.string(), { description: 'Files with marks of conflicts.' }),
        migrations: (z) => z.array(z.string(), { description: 'What was moved that no merge can move, as sentences.' }),
        title: (z) => z.string({ description: 'For the pull request.' }),
        description: (z) => z.string({ description: 'For the pull request: all of this, in Markdown.' }),
      },
    },
    async handler({ input, workspacePath, templateInfo, logger, output, createTemporaryDirectory }) {
      const { targetPath = '.', settings = [], changesPath, versionUrl } = input;
      const baseUrl = templateInfo?.baseUrl;
      if (baseUrl === undefined) throw new Error('The scaffolder does not say where the template is');
      const repository = resolveSafeChildPath(workspacePath, targetPath);
      const folder = await createTemporaryDirectory();
      const plan = await updateWorkspace(repository, {
        settings,
        fetch: (version) => fetchTemplate(version, { baseUrl, versionUrl, folder }, sources),
      });
      if (changesPath !== undefined)
        await copyChanges(repository, plan, resolveSafeChildPath(workspacePath, changesPath));
      const { from, to, changedAnswers, merged } = plan;
      const { changes, conflicts, migrations } = merged;
      logger.info(`Version ${from} to ${to}: ${changes.length} files change, ${conflicts.length} with conflicts`);
      for (const { change, path } of changes)
        logger.info(`${change} ${path}${conflicts.includes(path) ? ', CONFLICT' : ''}`);
      output('from', from);
      output('to', to);
      output('changed', changes.length > 0);
      output('changedAnswers', [...changedAnswers]);
      output(
        'changes',
        changes.map(({ path, change }) => ({ path, change })),
      );
      output(
        'deleted',
        changes.filter(({ change }) => change === 'deleted').map(({ path }) => path),
      );
      output('conflicts', [...conflicts]);
      output(
        'migrations',
        migrations.map(({ description }) => description),
      );
      output('title', titleOf(plan));
      output('description', describeUpdate(plan));
    },
  });
}
