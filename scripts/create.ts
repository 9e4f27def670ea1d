import { readdir, readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Answers, completeAnswers, InvalidAnswersError } from './template/answers.ts';
import { readTemplate, withoutRemote } from './template/definition.ts';
import { askAnswers, CancelledError } from './template/prompts.ts';
import { LocalScaffolder } from './template/scaffolder.ts';

const USAGE = 64;

class UsageError extends Error {}

const command = new Command('create')
  .description('Creates an ETL pipeline service in a folder, with the same scaffolder and template as Backstage.')
  .option('--answers <file>', 'answers in YAML or JSON; what it leaves out takes its default; without it you are asked')
  .requiredOption('--out <folder>', 'the folder to create; it must be empty or not exist')
  .addHelpText(
    'after',
    '\nAn answers file needs a name at least:\n\n  name: customer-orders\n  sources: [postgres]\n  sinks: [delta]\n',
  )
  .exitOverride()
  .configureOutput({ outputError: (message, write) => write(message) });

try {
  const options = command.parse().opts();
  const folder = resolve(process.env.INIT_CWD ?? process.cwd(), options.out);
  await refuseFilledFolder(folder, options.out);
  const template = withoutRemote(readTemplate());
  if (options.answers === undefined && !process.stdin.isTTY) {
    throw new UsageError('There is no terminal to ask in: give the answers in a file with --answers <file>.');
  }
  const given = options.answers === undefined ? await askAnswers(template) : await readAnswers(options.answers);
  const answers = completeAnswers(template, given);
  const started = performance.now();
  const scaffolder = new LocalScaffolder(template);
  await scaffolder.start();
  await scaffolder.run(answers, folder);
  await scaffolder.stop();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(
    `Created ${answers.name} in ${folder} (${seconds} s).\n\nNext:\n  ${nextSteps(folder, answers)}\n`,
  );
  process.exit(0);
} catch (error) {
  process.exit(report(error));
}

async function refuseFilledFolder(folder: string, given: string): Promise<void> {
  try {
    const entries = await readdir(folder);
    if (entries.length > 0) {
      throw new UsageError(
        `--out: ${given} is not empty (${entries.length} entries, such as ${entries[0]}). Choose a new folder.`,
      );
    }
  } catch (error) {
    const code = z.object({ code: z.string() }).safeParse(error).data?.code;
    if (code === 'ENOTDIR') throw new UsageError(`--out: ${given} is a file, not a folder.`);
    if (code !== 'ENOENT') throw error;
  }
}

async function readAnswers(file: string): Promise<Answers> {
  const path = resolve(process.env.INIT_CWD ?? process.cwd(), file);
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new UsageError(`--answers: cannot read ${file}: ${error.message}`);
  });
  try {
    return z.record(z.string(), z.unknown()).parse(parse(text));
  } catch (error) {
    const reason =
      error instanceof z.ZodError ? 'it must hold answers by name, such as "name: customer-orders"' : String(error);
    throw new UsageError(`--answers: ${file} is no answers file: ${reason}`);
  }
}

function nextSteps(folder: string, answers: Answers): string {
  const sources = [answers.sources, answers.sinks].flat();
  return [
    `cd ${shortest(folder)}`,
    answers.engine === 'polars'
      ? 'npx --package node@24 -- npm ci     # polars needs npm on Node 22 or newer'
      : 'npm ci',
    'npm test',
    ...(sources.includes('postgres') ? ['cp .env.example .env', 'docker compose up --detach --wait'] : []),
    'npm start',
  ].join('\n  ');
}

function shortest(folder: string): string {
  const path = relative(process.env.INIT_CWD ?? process.cwd(), folder);
  return path.length < folder.length ? path : folder;
}

/** Says what went wrong and returns the exit code for it. */
function report(error: unknown): number {
  if (error instanceof InvalidAnswersError) {
    process.stderr.write(
      `The answers are not valid; nothing was written.\n${error.problems.map((problem) => `  ${problem}\n`).join('')}`,
    );
    return USAGE;
  }
  if (error instanceof CancelledError) return USAGE;
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n`);
    return USAGE;
  }
  if (error instanceof Error && 'exitCode' in error) return error.exitCode === 0 ? 0 : USAGE;
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  return 1;
}
