import { createHmac } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeliveryLimits } from '../../../skeleton/base/src/runtime/alerting/deliver.ts';
import { sendAlert } from '../../../skeleton/base/src/runtime/alerting/send-alert.ts';
import type { StateStore } from '../../../skeleton/base/src/runtime/state/state-store.ts';
import { openFolder } from '../../support/state.ts';
import { alertOf } from '../../unit/alerting/alerts.ts';
import { type Answer, type ReceivedRequest, Receiver } from './receiver.ts';

const keys = { current: Buffer.alloc(32, 1), previous: Buffer.alloc(24, 2) };
const secretOf = (key: Buffer) => `whsec_${key.toString('base64')}`;
const quick: Partial<DeliveryLimits> = { initialDelay: 20, maxDelay: 50, timeout: 10_000, deadline: 20_000 };

let directory: string;
let store: StateStore;
let receiver: Receiver;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'send-alert-'));
  store = await openFolder(directory);
});

afterEach(async () => {
  await receiver.stop();
  await store.close();
  await rm(directory, { recursive: true });
});

interface Options {
  readonly secret?: string;
  readonly previousSecret?: string;
  readonly template?: string;
  readonly limits?: Partial<DeliveryLimits>;
}

async function sendTo(answers: readonly Answer[], { limits, ...webhook }: Options = {}) {
  receiver = new Receiver(answers);
  const url = await receiver.start('/services/T0KEN');
  const alert = alertOf('the server said "no",\nünïcode too 😀');
  const options = { store, limits: { ...quick, ...limits } };
  return sendAlert(alert, {
    ...options,
    webhook: { url, template: 'generic', secret: secretOf(keys.current), ...webhook },
  });
}

/** The signature as the specification describes it, by other means than the runtime's. */
function expectedSignature({ headers, body }: ReceivedRequest, key: Buffer): string {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}

describe('a receiver that accepts', () => {
  test('gets one signed request', async () => {
    const delivery = await sendTo([{ status: 204 }]);
    expect(delivery).toMatchObject({ status: 'delivered', attempts: 1, statusCode: 204, alert: 'run_failed' });
    const [request] = receiver.requests;
    if (request === undefined) throw new Error('nothing was received');
    expect(receiver.requests).toHaveLength(1);
    expect(request.method).toBe('POST');
    expect(request.headers['content-type']).toBe('application/json');
    expect(request.headers['webhook-id']).toBe(delivery?.id);
    expect(request.headers['webhook-signature']).toBe(expectedSignature(request, keys.current));
    const age = Date.now() / 1_000 - Number(request.headers['webhook-timestamp']);
    expect(Math.abs(age)).toBeLessThan(60);
    expect(JSON.parse(request.body).data.hint).toBe('the server said "no",\nünïcode too 😀');
  });

  test('gets a signature of each key while they are rotated', async () => {
    await sendTo([{ status: 200 }], { previousSecret: secretOf(keys.previous) });
    for (const request of receiver.requests) {
      const expected = [keys.current, keys.previous].map((key) => expectedSignature(request, key));
      expect(String(request.headers['webhook-signature']).split(' ')).toEqual(expected);
    }
    expect(receiver.requests).toHaveLength(1);
  });

  test('gets no signature when there is no key', async () => {
    await sendTo([{ status: 200 }], { secret: '', template: 'slack' });
    expect(receiver.requests[0]?.headers).not.toHaveProperty('webhook-signature');
    expect(JSON.parse(receiver.requests[0]?.body ?? '')).toHaveProperty('blocks');
  });
});

describe('a receiver in trouble', () => {
  test('that answers 500, 500, 200 gets the same message three times, signed anew', async () => {
    const delivery = await sendTo([{ status: 500 }, { status: 500 }, { status: 200 }]);
    expect(delivery).toMatchObject({ status: 'delivered', attempts: 3, statusCode: 200 });
    expect(new Set(receiver.requests.map((request) => request.headers['webhook-id'])).size).toBe(1);
    for (const request of receiver.requests) {
      expect(request.headers['webhook-signature']).toBe(expectedSignature(request, keys.current));
    }
  });

  test.each([
    ['seconds', () => '1'],
    ['a date', () => new Date(Date.now() + 3_000).toUTCString()],
  ])('that asks to wait, in %s, is left alone so long', async (_, retryAfter) => {
    const delivery = await sendTo([{ status: 429, headers: { 'retry-after': retryAfter() } }, { status: 200 }]);
    expect(delivery).toMatchObject({ status: 'delivered', attempts: 2 });
    const [first, second] = receiver.requests.map((request) => request.at);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(900);
  });

  test('that asks to wait too long is given up', async () => {
    const delivery = await sendTo([{ status: 503, headers: { 'retry-after': '3600' } }]);
    expect(delivery).toMatchObject({
      status: 'failed',
      attempts: 1,
      statusCode: 503,
      error: 'answered 503 Service Unavailable, and asked to wait 3600 s',
    });
  });

  test('that never recovers is given up after all attempts', async () => {
    const delivery = await sendTo([{ status: 502 }], { limits: { maxAttempts: 3 } });
    expect(delivery).toMatchObject({
      status: 'failed',
      attempts: 3,
      statusCode: 502,
      error: 'answered 502 Bad Gateway',
    });
    expect(receiver.requests).toHaveLength(3);
  });

  test('that does not answer is tried again', async () => {
    const delivery = await sendTo(['hang', { status: 200 }], { limits: { timeout: 500 } });
    expect(delivery).toMatchObject({ status: 'delivered', attempts: 2 });
  });

  test('that never answers is given up at the deadline', async () => {
    const delivery = await sendTo(['hang'], { limits: { timeout: 200, deadline: 500, maxAttempts: 50 } });
    expect(delivery).toMatchObject({ status: 'failed', error: expect.stringMatching(/did not answer within \d+ ms/) });
    expect(delivery?.attempts).toBeLessThan(50);
  });
});

describe('a receiver that refuses', () => {
  test.each([400, 401, 404, 410])('with %i is not tried again', async (status) => {
    const delivery = await sendTo([{ status }]);
    expect(delivery).toMatchObject({ status: 'failed', attempts: 1, statusCode: status });
    expect(receiver.requests).toHaveLength(1);
  });

  test('with a redirect is not followed', async () => {
    const elsewhere = new Receiver([{ status: 200 }]);
    const location = await elsewhere.start();
    const delivery = await sendTo([{ status: 307, headers: { location } }]);
    expect(delivery).toMatchObject({
      status: 'failed',
      attempts: 1,
      statusCode: 307,
      error: 'answered 307: redirects are not followed, configure the final address',
    });
    expect(elsewhere.requests).toHaveLength(0);
    await elsewhere.stop();
  });
});

test('a host that is not there is tried again, then recorded', async () => {
  receiver = new Receiver([]);
  const url = await receiver.start('/services/T0KEN');
  await receiver.stop();
  const webhook = { url, template: 'generic' };
  const delivery = await sendAlert(alertOf('x'), { webhook, store, limits: { ...quick, maxAttempts: 2 } });
  expect(delivery).toMatchObject({
    status: 'failed',
    attempts: 2,
    error: expect.stringMatching(/cannot be reached \(ECONNREFUSED\)/),
  });
  await receiver.start();
});

describe('the log of deliveries', () => {
  test('holds each one, newest first, and no more of the address than its host', async () => {
    const refused = await sendTo([{ status: 404 }]);
    await receiver.stop();
    const accepted = await sendTo([{ status: 200 }]);
    expect(await store.deliveries({ limit: 10 })).toEqual([accepted, refused]);
    expect(await store.deliveries({ resource: 'customers', limit: 10 })).toEqual([]);
    expect(accepted).toMatchObject({
      host: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      finishedAt: expect.any(String),
    });
    await store.close();
    const bytes = await readFile(join(directory, 'state.db'));
    expect(bytes.includes(refused?.id ?? 'nothing')).toBe(true);
    for (const secret of ['T0KEN', secretOf(keys.current), keys.current.toString('base64')]) {
      expect(bytes.includes(secret)).toBe(false);
    }
    store = await openFolder(directory);
  });

  test('holds an alert that could not even be prepared', async () => {
    const delivery = await sendTo([{ status: 200 }], { template: 'alerts/none.hbs' });
    expect(delivery).toMatchObject({
      status: 'failed',
      attempts: 0,
      error: expect.stringContaining('alerts/none.hbs'),
    });
    expect(receiver.requests).toHaveLength(0);
    expect(await store.deliveries({ limit: 1 })).toEqual([delivery]);
  });

  test('stays empty when no address is configured', async () => {
    receiver = new Receiver([]);
    await receiver.start();
    expect(await sendAlert(alertOf('x'), { webhook: { url: '', template: 'generic' }, store })).toBeUndefined();
    expect(await store.deliveries({ limit: 1 })).toEqual([]);
  });
});
