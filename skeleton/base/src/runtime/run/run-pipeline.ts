import { alertForRun } from '../alerting/alert.ts';
import type { PipelineConfig } from '../config/load.ts';
import type { AlertsConfig } from '../config/model.ts';
import { openAlerts, resourceOf } from '../config/open.ts';
import { openDeadLetters } from '../dead-letters/open-store.ts';
import type { ExitCode } from '../errors/pipeline-error.ts';
import { CircuitBreakers } from '../pipeline/circuit-breakers.ts';
import type { ResourceDefinition } from '../resource.ts';
import { openStateStore } from '../state/open-state.ts';
import type { RunManifest } from '../state/run-manifest.ts';
import type { StateStore } from '../state/state-store.ts';
import { type RunResult, runResource } from './run-resource.ts';

export interface RunPipelineOptions {
  readonly definitions: ReadonlyMap<string, ResourceDefinition>;
  /** Names of the resources to run; all of them when left out. */
  readonly resources?: readonly string[];
  /** Which of the processes that share the run this is, from 0: it runs that shard of each resource that has it. */
  readonly worker?: number;
  /** Forget the positions and read everything again. */
  readonly fullRefresh?: boolean;
  /** Aborted when the process is asked to stop: the resource in hand commits and ends, the others do not start. */
  readonly signal: AbortSignal;
  /** Told as each resource ends. */
  readonly onResult?: (result: RunResult) => void;
}

/**
 * Runs the resources one after the other in the order of pipeline.yaml. A resource that fails does not keep the
 * others from running.
 *
 * @throws PipelineError `CONFIGURATION` or `STORAGE` before anything was moved
 */
export async function runPipeline(config: PipelineConfig, options: RunPipelineOptions): Promise<RunResult[]> {
  const { definitions, signal, fullRefresh = false, worker = 0 } = options;
  const { resources = Object.keys(config.resources) } = options;
  for (const name of resources) resourceOf(config, name);
  const alerts = openAlerts(config);
  const deadLetters = await openDeadLetters(config);
  const store = await openStateStore(config);
  const breakers = new CircuitBreakers();
  const context = { config, definitions, store, deadLetters, breakers, signal, fullRefresh };
  const results: RunResult[] = [];
  try {
    for (const name of resources) {
      if (signal.aborted) break;
      const { shards } = resourceOf(config, name);
      if (worker >= shards) continue;
      const shard = shards === 1 ? undefined : { index: worker, count: shards };
      const result = await runResource(name, { ...context, shard });
      results.push(result);
      options.onResult?.(result);
      if (result.error?.code !== 'LOCKED') await alertOn(result.manifest, alerts, store);
    }
  } finally {
    await deadLetters.close();
    await store.close();
  }
  return results;
}

/** Tells somebody about a run that went wrong, where `alerts` says whom. */
async function alertOn(
  manifest: RunManifest,
  { webhook, deadLetters }: AlertsConfig,
  store: StateStore,
): Promise<void> {
  const alert = alertForRun(manifest, { deadLetters });
  if (alert === undefined || webhook === undefined) return;
  const { sendAlert } = await import('../alerting/send-alert.ts');
  await sendAlert(alert, { webhook, store });
}

/** From the failure that most needs a person to the one that mends itself. */
const BY_URGENCY: readonly ExitCode[] = [1, 64, 3, 75];

/** One exit code for several runs: that of the failure that most needs a person. */
export function exitCodeOf(results: readonly RunResult[]): ExitCode {
  return mostUrgent(results.map((result) => result.error?.exitCode ?? 0));
}

export function mostUrgent(codes: readonly ExitCode[]): ExitCode {
  return BY_URGENCY.find((code) => codes.includes(code)) ?? 0;
}
