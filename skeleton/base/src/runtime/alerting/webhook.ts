import { STATUS_CODES } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { PipelineError } from '../errors/pipeline-error.ts';
import { parseRetryAfter } from './retry-after.ts';

/** A webhook as pipeline.yaml describes it, with the environment filled in. */
export interface WebhookOptions {
  /** Empty: nobody is told. */
  readonly url: string;
  /** `whsec_` and the key in base64; without it, or empty, requests are not signed. */
  readonly secret?: string;
  /** The key before the last rotation; requests carry a signature of each. */
  readonly previousSecret?: string;
  readonly template: string;
}

/** Where alerts go, checked and ready. */
export interface WebhookTarget {
  readonly url: URL;
  readonly keys: readonly Webhook[];
}

/** An attempt that the receiver did not accept. The message never holds more of the address than its host. */
export class AttemptError extends Error {
  override readonly name = 'AttemptError';
  /** Whether another attempt may succeed. */
  readonly retryable: boolean;
  readonly statusCode: number | undefined;
  /** Milliseconds that the receiver asks to wait. */
  readonly retryAfter: number | undefined;

  constructor(message: string, retryable: boolean, statusCode?: number, retryAfter?: number) {
    super(message);
    this.retryable = retryable;
    this.statusCode = statusCode;
    this.retryAfter = retryAfter;
  }
}

/** @throws PipelineError `CONFIGURATION` that names what is wrong, without the address or a key */
export function openWebhook(options: WebhookOptions): WebhookTarget {
  const url = URL.canParse(options.url) ? new URL(options.url) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw configurationError('alerts.webhook.url is no http or https address.', 'Check the environment variable.');
  }
  if (url.username !== '' || url.password !== '') {
    throw configurationError(
      'alerts.webhook.url holds a user name or a password, which fetch does not send.',
      'Use an address with a token in its path, or check the signature at the receiver.',
    );
  }
  const secrets = [options.secret ?? '', options.previousSecret ?? ''].filter((secret) => secret !== '');
  return { url, keys: secrets.map(openKey) };
}

/**
 * Sends a body once, signed as Standard Webhooks asks, and follows no redirect: the answer of a host that nobody
 * configured proves nothing.
 *
 * @param timeout milliseconds
 * @returns the status code, 2xx
 * @throws AttemptError
 */
export async function post(target: WebhookTarget, id: string, body: string, timeout: number): Promise<number> {
  const response = await request(target, id, body, timeout);
  await response.body?.cancel();
  if (response.ok) return response.status;
  throw refusal(response);
}

async function request(target: WebhookTarget, id: string, body: string, timeout: number): Promise<Response> {
  try {
    return await fetch(target.url, {
      method: 'POST',
      headers: headersOf(target, id, body),
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    });
  } catch (error) {
    const { host } = target.url;
    if (error instanceof Error && error.name === 'TimeoutError') {
      throw new AttemptError(`${host} did not answer within ${timeout} ms`, true);
    }
    throw new AttemptError(`${host} cannot be reached (${networkCode(error)})`, true);
  }
}

function headersOf({ keys }: WebhookTarget, id: string, body: string): Record<string, string> {
  const now = new Date();
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'etl-pipeline',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
  };
  if (keys.length === 0) return headers;
  return { ...headers, 'webhook-signature': keys.map((key) => key.sign(id, now, body)).join(' ') };
}

/** Worth another try: the server is busy or broken. Everything else stays as it is until somebody changes it. */
function refusal({ status, headers }: Response): AttemptError {
  if (status >= 300 && status < 400) {
    return new AttemptError(
      `answered ${status}: redirects are not followed, configure the final address`,
      false,
      status,
    );
  }
  const retryable = status === 408 || status === 429 || status >= 500;
  const answer = `answered ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
  return new AttemptError(answer, retryable, status, parseRetryAfter(headers.get('retry-after')));
}

/** What went wrong below HTTP: `ECONNREFUSED`, `ENOTFOUND`, `DEPTH_ZERO_SELF_SIGNED_CERT`. */
function networkCode(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error)) return 'the connection failed';
  return 'code' in cause ? String(cause.code) : cause.message;
}

function openKey(secret: string): Webhook {
  try {
    return new Webhook(secret);
  } catch {
    throw configurationError(
      'alerts.webhook.secret is no key of Standard Webhooks.',
      'Make one with: echo "whsec_$(openssl rand -base64 32)"',
    );
  }
}

function configurationError(message: string, hint: string): PipelineError {
  return new PipelineError('CONFIGURATION', message, { hint });
}
