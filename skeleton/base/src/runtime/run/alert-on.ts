import { alertForRun } from '../alerting/alert.ts';
import { sendAlert } from '../alerting/send-alert.ts';
import type { PipelineConfig } from '../config/load.ts';
import { openAlerts } from '../config/open.ts';
import { logger } from '../observability/logger.ts';
import type { RunManifest } from '../state/run-manifest.ts';
import type { StateStore } from '../state/state-store.ts';

/** Sends the alert that a finished run calls for. Never rejects: what the run did stays as it is. */
export async function alertOn(manifest: RunManifest, config: PipelineConfig, store: StateStore): Promise<void> {
  try {
    const { webhook, deadLetters } = openAlerts(config);
    const alert = alertForRun(manifest, { deadLetters });
    if (webhook !== undefined && alert !== undefined) await sendAlert(alert, { webhook, store });
  } catch (error) {
    logger.error({ error }, 'An alert could not be sent.');
  }
}
