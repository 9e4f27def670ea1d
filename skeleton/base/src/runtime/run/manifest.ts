import { randomUUIDv7 } from 'node:crypto';
import { hostname } from 'node:os';
import { redact } from '../config/secrets.ts';
import type { PipelineError } from '../errors/pipeline-error.ts';
import { emptyCounts } from '../pipeline/metrics.ts';
import type { Shard } from '../pipeline/shard.ts';
import type { RunError, RunManifest } from '../state/run-manifest.ts';
import { templateVersion } from './template-version.ts';

/** The manifest of a run that begins now. */
export function newManifest(pipeline: string, resource: string, shard: Shard | undefined): RunManifest {
  return {
    id: randomUUIDv7(),
    pipeline,
    resource,
    ...(shard && { shard }),
    status: 'running',
    startedAt: new Date().toISOString(),
    counts: emptyCounts(),
    durations: {},
    schemaChanges: [],
    preflight: [],
    ...(templateVersion !== undefined && { templateVersion }),
    host: hostname(),
    pid: process.pid,
  };
}

/** The manifest of a run that ends now, with the error that ended it, if one did. */
export function endOfRun(manifest: RunManifest, error?: PipelineError): RunManifest {
  const finishedAt = new Date().toISOString();
  if (error === undefined) return { ...manifest, status: 'complete', finishedAt };
  const status = error.code === 'INTERRUPTED' ? 'interrupted' : 'failed';
  return { ...manifest, status, finishedAt, error: runErrorOf(error) };
}

export function runErrorOf({ code, message, where, hint }: PipelineError): RunError {
  return { code, message: redact(message), where, ...(hint !== undefined && { hint }) };
}
