import { z } from 'zod';

const ALERT_KINDS = ['run_failed', 'dead_letters'] as const;

export type AlertKind = (typeof ALERT_KINDS)[number];

/** How one alert was delivered. Names the host only: the rest of a webhook's address can be a secret. */
export interface Delivery {
  /** UUID version 7; the receiver gets it as `webhook-id`. */
  readonly id: string;
  readonly alert: AlertKind;
  readonly pipeline: string;
  readonly resource: string;
  readonly run: string;
  readonly template: string;
  readonly host: string;
  /** `pending` for ever means that the process was killed while it delivered. */
  readonly status: 'pending' | 'delivered' | 'failed';
  readonly attempts: number;
  /** The last answer, where there was one. */
  readonly statusCode?: number;
  readonly error?: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly finishedAt?: string;
}

export const deliverySchema: z.ZodType<Delivery> = z.object({
  id: z.uuid(),
  alert: z.enum(ALERT_KINDS),
  pipeline: z.string(),
  resource: z.string(),
  run: z.string(),
  template: z.string(),
  host: z.string(),
  status: z.enum(['pending', 'delivered', 'failed']),
  attempts: z.int().min(0),
  statusCode: z.int().optional(),
  error: z.string().optional(),
  createdAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().optional(),
});
