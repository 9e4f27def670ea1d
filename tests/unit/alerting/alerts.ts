import { type Alert, alertForRun } from '../../../skeleton/base/src/runtime/alerting/alert.ts';
import type { RunManifest } from '../../../skeleton/base/src/runtime/state/run-manifest.ts';
import { manifestOf } from '../../support/manifests.ts';

/** The alert of a failed run, with the words that a test wants in it. */
export function alertOf(message: string, changes: Partial<RunManifest> = {}): Alert {
  const error = { code: 'UNAVAILABLE', message, where: {}, hint: message };
  const finishedAt = '2026-01-01T00:00:05.000Z';
  const manifest = manifestOf({ status: 'failed', finishedAt, sink: message, error, ...changes });
  const alert = alertForRun(manifest, { deadLetters: 1 });
  if (alert === undefined) throw new Error('A failed run calls for an alert.');
  return alert;
}
