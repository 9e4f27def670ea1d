import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Answers } from '../template/answers.ts';
import { projectDirectory, type TemplateDefinition } from '../template/definition.ts';
import { renderTemplate } from '../template/rendering.ts';
import { exportCommit, git } from './git.ts';

/** What of a version is needed to render it. */
const PARTS = ['template.yaml', 'skeleton'];

const valuesSchema = z.looseObject({ values: z.looseObject({ templateVersion: z.string() }) });

/** The version that a template writes into what it renders. */
export function versionOf({ spec }: TemplateDefinition): string {
  const inputs = spec.steps.map(({ input }) => valuesSchema.safeParse(input));
  const version = inputs.find(({ success }) => success)?.data?.values.templateVersion;
  if (version === undefined) throw new Error('No step of template.yaml passes a templateVersion.');
  return version;
}

/** Renders the template that is in a directory into a folder. */
export type Render = (directory: string, answers: Answers, folder: string) => Promise<void>;

/**
 * Renders the template as it was at a version, which its tag tells.
 *
 * @returns false where there is no such tag
 */
export async function renderVersion(
  version: string,
  answers: Answers,
  folder: string,
  {
    directory = projectDirectory,
    renderer = renderTemplate,
  }: { readonly directory?: string; readonly renderer?: Render } = {},
): Promise<boolean> {
  const tag = `v${version}`;
  const known = await git(directory, ['rev-parse', '--verify', '--quiet', `refs/tags/${tag}`], {
    answers: [0, 1, 128],
  });
  if (known.code !== 0) return false;
  const template = await mkdtemp(join(tmpdir(), 'etl-template-'));
  try {
    await exportCommit(directory, tag, PARTS, template);
    await renderer(template, answers, folder);
    return true;
  } finally {
    await rm(template, { recursive: true, force: true });
  }
}
