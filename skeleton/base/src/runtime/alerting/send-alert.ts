import { randomUUIDv7 } from 'node:crypto';
import { PipelineError } from '../errors/pipeline-error.ts';
import { logger } from '../observability/logger.ts';
import type { Delivery } from '../state/delivery.ts';
import type { StateStore } from '../state/state-store.ts';
import type { Alert } from './alert.ts';
import { type DeliveryLimits, type DeliveryOutcome, deliver } from './deliver.ts';
import { loadTemplate } from './template.ts';
import { openWebhook, type WebhookOptions } from './webhook.ts';

export interface SendAlertOptions {
  readonly webhook: WebhookOptions;
  /** Keeps the log of deliveries. */
  readonly store: StateStore;
  readonly limits?: Partial<DeliveryLimits>;
}

/**
 * Tells the webhook, and records how that went. Never rejects: an alert that cannot be sent is logged, and changes
 * nothing about the run.
 *
 * @returns `undefined` when no address is configured
 */
export async function sendAlert(alert: Alert, options: SendAlertOptions): Promise<Delivery | undefined> {
  const { webhook, store } = options;
  if (webhook.url === '') return undefined;
  const pending: Delivery = {
    id: randomUUIDv7(),
    alert: alert.kind,
    pipeline: alert.pipeline,
    resource: alert.resource,
    run: alert.run.id,
    template: webhook.template,
    host: hostOf(webhook.url),
    status: 'pending',
    attempts: 0,
    createdAt: new Date().toISOString(),
  };
  await store.recordDelivery(pending);
  const outcome = await prepareAndDeliver(alert, pending.id, options);
  const delivery: Delivery = { ...pending, ...outcome, finishedAt: new Date().toISOString() };
  await store.recordDelivery(delivery);
  report(delivery);
  return delivery;
}

async function prepareAndDeliver(alert: Alert, id: string, options: SendAlertOptions): Promise<DeliveryOutcome> {
  try {
    const target = openWebhook(options.webhook);
    const template = await loadTemplate(options.webhook.template);
    return await deliver(target, id, template.render(alert), options.limits);
  } catch (error) {
    if (error instanceof PipelineError) return { status: 'failed', attempts: 0, error: error.message };
    logger.error({ error }, 'An alert could not be prepared.');
    return { status: 'failed', attempts: 0, error: 'The alert could not be prepared; see the log.' };
  }
}

function report(delivery: Delivery): void {
  if (delivery.status === 'delivered') logger.info({ delivery }, 'An alert was sent.');
  else logger.error({ delivery }, 'An alert could not be sent.');
}

/** All that may be kept of a webhook's address; the rest is as good as a password. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'no address';
}
