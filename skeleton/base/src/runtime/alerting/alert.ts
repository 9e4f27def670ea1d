import { ERROR_CODES, EXIT_CODES, type ExitCode } from '../errors/pipeline-error.ts';
import { serviceTags } from '../observability/service-tags.ts';
import type { RunCounts } from '../pipeline/metrics.ts';
import type { AlertKind } from '../state/delivery.ts';
import type { RunError, RunManifest, RunStatus } from '../state/run-manifest.ts';

/** What people are told about a run; every template renders from this. All properties are there, if only undefined. */
export interface Alert {
  readonly kind: AlertKind;
  /** One line: which pipeline and resource, and what happened. */
  readonly title: string;
  /** What happened in full. */
  readonly message: string;
  /** What to do, one sentence. */
  readonly hint: string;
  readonly pipeline: string;
  readonly resource: string;
  readonly run: {
    /** What `history` and `dlq list` show. */
    readonly id: string;
    readonly status: RunStatus;
    /** ISO 8601, UTC. */
    readonly startedAt: string;
    readonly finishedAt: string | undefined;
    readonly host: string;
    /** Where the records are, for people. */
    readonly sink: string | undefined;
    readonly counts: RunCounts;
    readonly error: RunError | undefined;
  };
  /** What this run alone gives the process, as in the runbook. */
  readonly exitCode: ExitCode;
  /** Path in the repository. */
  readonly runbook: string;
  readonly service: string;
  readonly env: string | undefined;
  readonly version: string | undefined;
}

export interface AlertConditions {
  /** Dead letters of one run from which somebody is told. */
  readonly deadLetters: number;
}

/** The alert that a finished run calls for: it failed, or it left too many dead letters; otherwise `undefined`. */
export function alertForRun(manifest: RunManifest, conditions: AlertConditions): Alert | undefined {
  if (manifest.status === 'running') return undefined;
  if (manifest.status === 'failed') return { ...facts(manifest), ...failure(manifest) };
  if (manifest.counts.deadLettered < conditions.deadLetters) return undefined;
  return { ...facts(manifest), ...deadLetters(manifest) };
}

type Words = Pick<Alert, 'kind' | 'title' | 'message' | 'hint'>;

function failure({ pipeline, resource, error, counts }: RunManifest): Words {
  const written = `${formatCount(counts.written)} of ${formatCount(counts.read)} records were written before.`;
  return {
    kind: 'run_failed',
    title: `${pipeline}: the run of ${resource} failed`,
    message: `${error === undefined ? '' : `${error.code}: ${error.message} `}${written}`,
    hint: error?.hint ?? 'Look up the error code and the exit code in the runbook.',
  };
}

function deadLetters({ pipeline, resource, counts, sink }: RunManifest): Words {
  const place = sink === undefined ? '' : ` to ${sink}`;
  return {
    kind: 'dead_letters',
    title: `${pipeline}: ${formatCount(counts.deadLettered)} dead letters in ${resource}`,
    message: `${formatCount(counts.deadLettered)} of ${formatCount(counts.read)} records failed and were set aside; ${formatCount(counts.written)} were written${place}.`,
    hint: `See them with: npm run pipeline -- dlq list --resource ${resource}`,
  };
}

function facts(manifest: RunManifest): Omit<Alert, keyof Words> {
  const { pipeline, resource, id, status, startedAt, finishedAt, host, sink, counts, error } = manifest;
  return {
    pipeline,
    resource,
    run: { id, status, startedAt, finishedAt, host, sink, counts, error },
    exitCode: exitCodeOf(manifest),
    runbook: 'docs/runbook.md',
    service: serviceTags.service,
    env: serviceTags.env,
    version: serviceTags.version,
  };
}

function exitCodeOf({ status, error }: RunManifest): ExitCode {
  if (status === 'complete') return EXIT_CODES.complete;
  if (status === 'interrupted') return EXIT_CODES.tryAgainLater;
  const known = Object.entries(ERROR_CODES).find(([code]) => code === error?.code);
  return known?.[1] ?? EXIT_CODES.failed;
}

function formatCount(count: number): string {
  return count.toLocaleString('en');
}
