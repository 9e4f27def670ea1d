import { asPipelineError } from '../errors/pipeline-error.ts';
import type { Check } from '../pipeline/check.ts';
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

/** What preflight asks about alerts: address, keys and template are right, before the first alert needs them. */
export async function checkWebhook(webhook: WebhookOptions): Promise<Check> {
  const name = 'alert webhook';
  if (webhook.url === '') return { name, ok: true, detail: 'not configured: nobody is told of failures' };
  try {
    const { url, keys } = openWebhook(webhook);
    const template = await loadTemplate(webhook.template);
    for (const status of ['failed', 'complete'] as const) {
      const alert = alertForRun({ ...example, status }, { deadLetters: 1 });
      if (alert !== undefined) template.render(alert);
    }
    const signed = ['not signed', 'signed', 'signed with two keys'][keys.length];
    return { name, ok: true, detail: `${url.host}, template ${webhook.template}, ${signed}` };
  } catch (error) {
    const { message, hint } = asPipelineError(error);
    return { name, ok: false, detail: hint === undefined ? message : `${message} ${hint}` };
  }
}
