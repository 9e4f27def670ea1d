import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from '@commander-js/extra-typings';
import { findProblems } from '../backstage/scaffolder/check/check-repository.ts';
import { HalfRenderedError } from '../backstage/scaffolder/check/problem.ts';
import { type Chosen, describeAnswers, pairwiseCombinations } from '../tests/render/answers.ts';
import { completeAnswers } from './template/answers.ts';
import { projectDirectory, readTemplate, type TemplateDefinition, withoutRemote } from './template/definition.ts';
import { isChosen, renderStep } from './template/rendering.ts';
import { LocalScaffolder } from './template/scaffolder.ts';
import { ScaffolderClient } from './template/scaffolder-client.ts';

const USAGE = 64;
/** What the skeleton has for its own development. */
const NOT_SENT = /^skeleton\/(node_modules\/|[^/]+$)/;

const command = new Command('dry-run')
  .description(
    'Renders every two answers of the wizard together, in the dry run of a Backstage: nothing is published. Without an address, in a scaffolder of this machine.',
  )
  .option('--backstage <url>', 'address of a Backstage backend; its token is taken from BACKSTAGE_TOKEN')
  .option(
    '--combinations <number>',
    'how many of the combinations to render, spread over all of them',
    parseCount,
    1000,
  )
  .exitOverride()
  .configureOutput({ outputError: (message, write) => write(message) });

try {
  process.exit(await dryRun());
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : USAGE);
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}

async function dryRun(): Promise<number> {
  const { backstage, combinations: count } = command.parse().opts();
  const combinations = spread(pairwiseCombinations(), count);
  if (backstage === undefined) {
    const template = withoutRemote(readTemplate());
    const scaffolder = new LocalScaffolder(template);
    await scaffolder.start();
    return renderAll(template, scaffolder.client, combinations);
  }
  const token = process.env.BACKSTAGE_TOKEN ?? '';
  if (token === '') {
    process.stderr.write(
      'Set BACKSTAGE_TOKEN to a token of backend.auth.externalAccess: the scaffolder answers to nobody else.\n',
    );
    return USAGE;
  }
  return renderAll(readTemplate(), new ScaffolderClient(backstage, token), combinations);
}

/** @returns the exit code */
async function renderAll(
  template: TemplateDefinition,
  client: ScaffolderClient,
  combinations: readonly Chosen[],
): Promise<number> {
  const installed = await client.actions();
  const missing = template.spec.steps.filter((step) => step.if === undefined && !installed.includes(step.action));
  if (missing.length > 0) {
    throw new Error(
      `The Backstage has no action ${missing.map(({ action }) => action).join(', ')}: install its module.`,
    );
  }
  const files = await readSkeleton();
  let failed = 0;
  for (const chosen of combinations) {
    try {
      const rendered = await render(template, client, { chosen, files });
      process.stdout.write(`ok      ${describeAnswers(chosen)}: ${rendered} files\n`);
    } catch (error) {
      failed++;
      process.stdout.write(`FAILED  ${describeAnswers(chosen)}\n${error instanceof Error ? error.message : error}\n`);
    }
  }
  process.stdout.write(
    `\n${combinations.length - failed} of ${combinations.length} combinations are rendered completely.\n`,
  );
  return failed === 0 ? 0 : 1;
}

async function render(
  template: TemplateDefinition,
  client: ScaffolderClient,
  { chosen, files }: { readonly chosen: Chosen; readonly files: ReadonlyMap<string, Buffer> },
): Promise<number> {
  const answers = completeAnswers(template, { repoUrl: `github.com?owner=acme&repo=${chosen.name}`, ...chosen });
  const folders = template.spec.steps
    .filter((step) => step.action.startsWith('fetch:') && isChosen(step, answers))
    .map(({ input }) => `${String(renderStep(input.url, answers)).replace('./', '')}/`);
  const needed = [...files].filter(([path]) => folders.some((folder) => path.startsWith(folder)));
  const result = await client.dryRun({ template, answers, files: new Map(needed) });
  const texts = [...result.files].map(([path, content]) => [path, content.toString('utf8')] as const);
  const problems = findProblems(new Map(texts.filter(([path]) => !path.startsWith('data/'))));
  if (problems.length > 0) throw new HalfRenderedError(problems);
  return result.files.size;
}

/** @throws InvalidArgumentError when the text is no number of combinations */
function parseCount(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 to 9999.');
  return Number(text);
}

/** Some of the items, at equal distances. */
function spread<T>(items: readonly T[], count: number): readonly T[] {
  const step = Math.max(1, items.length / count);
  return items.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}

async function readSkeleton(): Promise<ReadonlyMap<string, Buffer>> {
  const entries = await readdir(join(projectDirectory, 'skeleton'), { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(projectDirectory, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !NOT_SENT.test(path));
  return new Map(
    await Promise.all(paths.map(async (path) => [path, await readFile(join(projectDirectory, path))] as const)),
  );
}
