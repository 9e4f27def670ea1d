/** Where to publish and as whom. */
export interface DatadogAccess {
  /** `https://api.datadoghq.com` */
  readonly url: string;
  readonly apiKey: string;
  readonly applicationKey: string;
}

/** An answer of Datadog that is not a success. */
export class DatadogError extends Error {
  override readonly name = 'DatadogError';
  readonly status: number;

  constructor(request: string, status: number, body: string) {
    super(`${request} was answered with ${status}: ${body.slice(0, 500)}`);
    this.status = status;
  }
}

/** Calls Datadog's HTTP API. */
export class DatadogApi {
  readonly #access: DatadogAccess;

  constructor(access: DatadogAccess) {
    this.#access = access;
  }

  /** @throws DatadogError for any answer but a success */
  async request(method: 'GET' | 'POST' | 'PUT' | 'PATCH', path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(new URL(path, this.#access.url), {
      method,
      redirect: 'error',
      signal: AbortSignal.timeout(30_000),
      headers: {
        'content-type': 'application/json',
        'dd-api-key': this.#access.apiKey,
        'dd-application-key': this.#access.applicationKey,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new DatadogError(`${method} ${path}`, response.status, text);
    return text === '' ? undefined : JSON.parse(text);
  }
}
