import { randomUUIDv7 } from 'node:crypto';
import { emptyCounts } from '../../skeleton/base/src/runtime/pipeline/metrics.ts';
import type { RunManifest } from '../../skeleton/base/src/runtime/state/run-manifest.ts';

/** A manifest as a run writes it at its start, with what a test wants to be different. */
export function manifestOf(changes: Partial<RunManifest> = {}): RunManifest {
  return {
    id: randomUUIDv7(),
    pipeline: 'orders',
    resource: 'orders',
    status: 'running',
    startedAt: new Date().toISOString(),
    counts: emptyCounts(),
    durations: {},
    schemaChanges: [],
    preflight: [],
    host: 'test-host',
    pid: 4242,
    ...changes,
  };
}
