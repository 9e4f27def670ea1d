import { z } from 'zod';
import { redact } from '../config/secrets.ts';
import { ERROR_CODES, type ErrorCode, type ErrorLocation } from '../errors/pipeline-error.ts';
import type { Check } from '../pipeline/check.ts';
import type { RunCounts } from '../pipeline/metrics.ts';
import type { Position } from '../pipeline/position.ts';
import { type Shard, shardName } from '../pipeline/shard.ts';
import { type Verification, verificationSchema } from '../verify/report.ts';

export const RUN_STATUSES = ['running', 'complete', 'failed', 'interrupted'] as const;

/** `interrupted`: asked to stop (SIGTERM), everything in hand was committed. */
export type RunStatus = (typeof RUN_STATUSES)[number];

export interface RunError {
  /** A code of the table in docs/runbook.md, or `KILLED` for a run whose process ended without a word. */
  readonly code: string;
  readonly message: string;
  readonly where: ErrorLocation;
  readonly hint?: string;
}

/** What one run of one resource did. */
export interface RunManifest {
  /** UUID version 7: sorts by start time. */
  readonly id: string;
  readonly pipeline: string;
  readonly resource: string;
  /** The part of the resource that the run moved; all of it when left out. */
  readonly shard?: Shard;
  /** Set when the run replayed dead letters: how many it was given, and the runs that had found them. */
  readonly replay?: { readonly letters: number; readonly runs: readonly string[] };
  readonly status: RunStatus;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly finishedAt?: string;
  readonly counts: RunCounts;
  /** Milliseconds by stage: `extract`, `transform`, `validate`, `load`; stages overlap. */
  readonly durations: Readonly<Record<string, number>>;
  /** Where the run started, and how far it came. */
  readonly from?: Position;
  readonly to?: Position;
  /** Where the records are, for people. */
  readonly sink?: string;
  readonly error?: RunError;
  readonly schemaChanges: readonly string[];
  /** What came of comparing source and sink after the run, where that was asked for. */
  readonly verification?: Verification;
  readonly preflight: readonly Check[];
  readonly templateVersion?: string;
  readonly host: string;
  readonly pid: number;
}

const position = z.record(z.string(), z.json());
const count = z.number().min(0);
const errorCode = z.custom<ErrorCode>((code) => typeof code === 'string' && Object.hasOwn(ERROR_CODES, code));

export const runManifestSchema: z.ZodType<RunManifest> = z.object({
  id: z.uuid(),
  pipeline: z.string(),
  resource: z.string(),
  shard: z.object({ index: z.int(), count: z.int() }).optional(),
  replay: z.object({ letters: count, runs: z.array(z.string()) }).optional(),
  status: z.enum(RUN_STATUSES),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().optional(),
  counts: z.object({
    read: count,
    written: count,
    deadLettered: count,
    filtered: count,
    expanded: count,
    merged: count,
    warnings: count,
    batches: count,
    bytesRead: count,
    retries: count,
  }),
  durations: z.record(z.string(), count),
  from: position.optional(),
  to: position.optional(),
  sink: z.string().optional(),
  error: z
    .object({
      code: z.string(),
      message: z.string(),
      where: z.object({
        file: z.string().optional(),
        line: z.number().optional(),
        offset: z.number().optional(),
        column: z.string().optional(),
        resource: z.string().optional(),
        batch: z.number().optional(),
        row: z.number().optional(),
      }),
      hint: z.string().optional(),
    })
    .optional(),
  schemaChanges: z.array(z.string()),
  verification: verificationSchema.optional(),
  preflight: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string(), code: errorCode.optional() })),
  templateVersion: z.string().optional(),
  host: z.string(),
  pid: z.int(),
});

/** What the run held the lock of, and people call it by: `orders`, `orders#2of4`. */
export function nameOfRun({ resource, shard }: RunManifest): string {
  return shardName(resource, shard);
}

/** The manifest without secrets: the words of a driver's error can hold any. */
export function redactManifest(manifest: RunManifest): RunManifest {
  const { error, preflight } = manifest;
  return {
    ...manifest,
    preflight: preflight.map((check) => ({ ...check, detail: redact(check.detail) })),
    ...(error && { error: { ...error, message: redact(error.message), hint: error.hint && redact(error.hint) } }),
  };
}

/** The manifest of a run that its process left open: it was killed, or the machine stopped. */
export function closeAsKilled(manifest: RunManifest): RunManifest {
  return {
    ...manifest,
    status: 'failed',
    error: {
      code: 'KILLED',
      message: `Process ${manifest.pid} on ${manifest.host} ended before its run did: it was killed, or the machine stopped.`,
      where: { resource: manifest.resource },
      hint: 'Look for an out-of-memory kill or an eviction. The next run goes on after the last commit.',
    },
  };
}
