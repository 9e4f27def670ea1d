import { emptyCounts } from '../pipeline/metrics.ts';
import type { RunManifest } from '../state/run-manifest.ts';
import { alertForRun } from './alert.ts';
import { loadTemplate } from './template.ts';
import { openWebhook, type WebhookOptions } from './webhook.ts';

const example: RunManifest = {
  id: '01990000-0000-7000-8000-000000000000',
  pipeline: 'example',
  resource: 'example',
  status: 'failed',
  startedAt: '2026-01-01T00:00:00.000Z',
  counts: { ...emptyCounts(), read: 1, deadLettered: 1 },
  durations: {},
  schemaChanges: [],
  preflight: [],
  host: 'example',
  pid: 1,
};

/**
 * Tries address, keys and template before the first alert needs them, and sends nothing.
 *
 * @returns where alerts go, for people
 * @throws PipelineError `CONFIGURATION`
 */
export async function checkWebhook(webhook: WebhookOptions): Promise<string> {
  const { url, keys } = openWebhook(webhook);
  const template = await loadTemplate(webhook.template);
  for (const status of ['failed', 'complete'] as const) {
    const alert = alertForRun({ ...example, status }, { deadLetters: 1 });
    if (alert !== undefined) template.render(alert);
  }
  const signed = ['not signed', 'signed', 'signed with two keys'][keys.length];
  return `${url.host}, template ${webhook.template}, ${signed}`;
}
