import { Command, Option } from '@commander-js/extra-typings';
import type { PipelineConfig } from '../config/load.ts';
import type { DeadLetterStore } from '../dead-letters/dead-letter-store.ts';
import { openDeadLetters } from '../dead-letters/open-store.ts';
import { EXIT_CODES, type ExitCode } from '../errors/pipeline-error.ts';
import { parseShard } from '../pipeline/shard.ts';
import { planShards, requirePlanned, workersOf } from '../run/plan.ts';
import { exitCodeOf, mostUrgent, runPipeline } from '../run/run-pipeline.ts';
import { runShards } from '../run/run-shards.ts';
import type { RunManifest } from '../state/run-manifest.ts';
import { configOption, jsonOption } from './options.ts';
import { print, printJson } from './output.ts';
import { openProject, type Project } from './project.ts';
import { reportError } from './report-error.ts';
import { formatRun } from './run-story.ts';
import { stopSignal } from './stop-signal.ts';

/** How long calls that were given up may take to end, in milliseconds. */
const PATIENCE = 5_000;

export function runCommand() {
  return new Command('run')
    .description('move what is new from the sources to the sinks')
    .argument('[resources...]', 'names of the resources to run (default: all, in the order of the file)')
    .option('--full-refresh', 'read everything again: sinks that append are replaced in one step, others merge')
    .addOption(
      new Option('--shard <index/count>', 'move one shard only, counted from 0 (default: all, a process for each)'),
    )
    .addOption(jsonOption())
    .addOption(configOption())
    .action(async (names, { fullRefresh = false, shard, json = false, config: path }) => {
      const signal = stopSignal();
      const project = await openProject(path);
      const { config } = project;
      const resources = names.length === 0 ? Object.keys(config.resources) : [...new Set(names)];
      const request = { resources, fullRefresh, json, signal };
      const count = workersOf(config);
      if (shard === undefined && count > 1) process.exitCode = await runAll(config, path, request);
      else {
        const worker = shard === undefined ? 0 : requirePlanned(config, parseShard(shard));
        process.exitCode = await runOne(project, worker, request);
      }
    });
}

interface Request {
  readonly resources: readonly string[];
  readonly fullRefresh: boolean;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** Runs the resources in this process, or its shard of them. */
async function runOne({ config, definitions }: Project, worker: number, request: Request): Promise<ExitCode> {
  const { resources, fullRefresh, json, signal } = request;
  const planned = planShards(config, resources)[worker]?.resources ?? [];
  const letters = await openDeadLetters(config);
  const results = await runPipeline(config, {
    definitions,
    resources: planned,
    worker,
    fullRefresh,
    signal,
    onResult: ({ manifest, error }) => {
      if (!json) tell(letters, manifest);
      if (error !== undefined) reportError(error);
    },
  });
  if (json) printJson(results.map(({ manifest }) => manifest));
  if (results.some(({ error }) => error?.code === 'TIMEOUT')) leaveBehind();
  const code = exitCodeOf(results);
  const unfinished = results.length < planned.length;
  return code === EXIT_CODES.complete && unfinished ? EXIT_CODES.tryAgainLater : code;
}

/** A call that was given up and does not end, on a disk that does not answer, must not keep the process. */
function leaveBehind(): void {
  setTimeout(() => process.exit(), PATIENCE).unref();
}

/** Runs each shard in a process of its own, on this machine. */
async function runAll(config: PipelineConfig, path: string, request: Request): Promise<ExitCode> {
  const { resources, fullRefresh, json, signal } = request;
  const shards = planShards(config, resources).filter((planned) => planned.resources.length > 0);
  const args = ['run', '--json', '--config', path, ...(fullRefresh ? ['--full-refresh'] : []), ...resources];
  const letters = await openDeadLetters(config);
  const results = await runShards(
    shards.map((planned) => planned.shard),
    args,
    signal,
    ({ shard, manifests, killedBy }) => {
      if (killedBy !== undefined) process.stderr.write(`shard ${shard} was ended by ${killedBy}\n`);
      if (!json) for (const manifest of manifests) tell(letters, manifest);
    },
  );
  if (json) printJson(results.flatMap(({ manifests }) => manifests));
  return mostUrgent(results.map(({ exitCode }) => exitCode));
}

function tell(letters: DeadLetterStore, manifest: RunManifest): void {
  print(formatRun(manifest, letters.describe(manifest)));
}
