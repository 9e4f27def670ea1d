import { describe, expect, test } from 'vitest';
import { checkWebhook } from '../../../skeleton/base/src/runtime/alerting/check-webhook.ts';
import { parseRetryAfter } from '../../../skeleton/base/src/runtime/alerting/retry-after.ts';
import { openWebhook } from '../../../skeleton/base/src/runtime/alerting/webhook.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

describe('Retry-After', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');

  test.each([
    ['3', 3_000],
    [' 120 ', 120_000],
    ['0', 0],
    ['Thu, 01 Jan 2026 00:00:10 GMT', 10_000],
    ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
  ])('%j is %j ms', (header, expected) => {
    expect(parseRetryAfter(header, now)).toBe(expected);
  });
});

describe('an address or a key that is wrong', () => {
  test.each([
    ['no address', { url: 'hooks.example/T0KEN' }],
    ['another protocol', { url: 'ftp://hooks.example/T0KEN' }],
    ['a password in it', { url: 'https://me:T0KEN@hooks.example/' }],
    ['a key that is no base64', { url: 'https://hooks.example/T0KEN', secret: 'whsec_T0KEN!' }],
    ['a key without bytes', { url: 'https://hooks.example/T0KEN', secret: 'whsec_' }],
  ])('%s is refused without repeating it', async (_, options) => {
    const webhook = { template: 'generic', ...options };
    expect(() => openWebhook(webhook)).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION', message: expect.not.stringContaining('T0KEN') }),
    );
    await expect(checkWebhook(webhook)).rejects.toMatchObject({ hint: expect.not.stringContaining('T0KEN') });
  });
});

describe('preflight', () => {
  test.each([
    [
      'unsigned',
      { url: 'https://a.example/x', secret: '', template: 'slack' },
      'a.example, template slack, not signed',
    ],
    ['signed', { url: 'https://a.example/x', secret, template: 'generic' }, 'a.example, template generic, signed'],
    [
      'while a key is rotated',
      { url: 'https://a.example/x', secret, previousSecret: secret, template: 'generic' },
      'a.example, template generic, signed with two keys',
    ],
  ])('accepts a webhook %s', async (_, webhook, detail) => {
    expect(await checkWebhook(webhook)).toBe(detail);
  });

  test('finds a template that is not there', async () => {
    await expect(checkWebhook({ url: 'https://a.example/x', template: 'src/alerts/none.hbs' })).rejects.toThrow(
      'src/alerts/none.hbs cannot be read',
    );
  });
});
