import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastCheck from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadTemplate } from '../../../skeleton/base/src/runtime/alerting/template.ts';
import { registerSecret } from '../../../skeleton/base/src/runtime/config/secrets.ts';
import { alertOf } from './alerts.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alerts-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function ownTemplate(source: string) {
  const file = join(directory, 'own.hbs');
  await writeFile(file, source);
  return loadTemplate(file);
}

const nasty = 'quotes " \' ` and \\ back\\nslash,\nnew\r\nlines\t, {{braces}} </script> & ünï\u2028cödé 😀 \u0000';

describe('the generic template', () => {
  test('gives all facts, in the envelope of Standard Webhooks', async () => {
    const template = await loadTemplate('generic');
    const alert = alertOf('shop refuses connections.');
    expect(JSON.parse(template.render(alert))).toEqual({
      type: 'pipeline.run_failed',
      timestamp: '2026-01-01T00:00:05.000Z',
      data: {
        title: alert.title,
        message: alert.message,
        hint: alert.hint,
        pipeline: 'orders',
        resource: 'orders',
        run: JSON.parse(JSON.stringify(alert.run)),
        exitCode: 75,
        runbook: 'docs/runbook.md',
        service: alert.service,
        env: null,
        version: alert.version ?? null,
      },
    });
  });

  test('passes any text on unharmed', async () => {
    const template = await loadTemplate('generic');
    fastCheck.assert(
      fastCheck.property(fastCheck.string({ unit: 'binary' }), (text) => {
        const alert = alertOf(`${nasty}${text}`);
        const { data } = JSON.parse(template.render(alert));
        expect([data.message, data.hint, data.run.sink]).toEqual([alert.message, alert.hint, alert.run.sink]);
      }),
    );
  });
});

describe('the slack template', () => {
  test('shows text as text: no mention, no link, no markup of its own', async () => {
    const template = await loadTemplate('slack');
    const body = JSON.parse(template.render(alertOf(`<!channel> & <https://evil.example|click> ${nasty}`)));
    expect(body.text).toBe('orders: the run of orders failed');
    expect(body.blocks[0].text.text).toContain('&lt;!channel&gt; &amp; &lt;https://evil.example|click&gt; quotes " \'');
    expect(JSON.stringify(body)).not.toContain('<');
  });

  test('stays within what Slack accepts, whatever the length', async () => {
    const template = await loadTemplate('slack');
    const body = JSON.parse(template.render(alertOf('&'.repeat(100_000))));
    for (const block of body.blocks) {
      expect(block.text?.text.length ?? 0).toBeLessThanOrEqual(3_000);
      for (const field of block.fields ?? []) expect(field.text.length).toBeLessThanOrEqual(2_000);
    }
  });
});

describe("a team's own template", () => {
  test('escapes every text by itself, in conditions, loops and whole values too', async () => {
    const template = await ownTemplate(
      `{ "text": "{{#if run.error}}{{run.error.code}}: {{{message}}}{{/if}}", "run": {{json run}},
         "names": [{{#each run.counts}}"{{@key}}"{{#unless @last}},{{/unless}}{{/each}}], "env": "{{env}}" }`,
    );
    const alert = alertOf(nasty);
    expect(JSON.parse(template.render(alert))).toMatchObject({
      text: `UNAVAILABLE: ${alert.message}`,
      run: { sink: nasty },
      names: expect.arrayContaining(['read', 'deadLettered']),
      env: '',
    });
  });

  test('cannot reach a text unescaped', async () => {
    const template = await ownTemplate(
      '{ "a": "{{#with message}}{{this}}{{/with}}", "b": "{{lookup this "message"}}" }',
    );
    const alert = alertOf(nasty);
    expect(JSON.parse(template.render(alert))).toEqual({ a: alert.message, b: alert.message });
  });

  test.each([
    ['a name that an alert has not', '{ "a": "{{mesage}}" }', /cannot be rendered: "mesage" not defined/],
    ['a helper that is not there', '{ "a": "{{upper message}}" }', /cannot be rendered: .*upper/],
    ['broken braces', '{ "a": "{{#if message}}" }', /cannot be rendered: Parse error|cannot be rendered: .*if/],
    ['a forgotten quote', '{ "a": {{message}} }', /gives no JSON/],
    ['nothing', '', /gives no JSON/],
  ])('with %s says so', async (_, source, message) => {
    const template = await ownTemplate(source);
    expect(() => template.render(alertOf('x'))).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION',
        where: { file: join(directory, 'own.hbs') },
        message: expect.stringMatching(message),
      }),
    );
  });

  test('that is missing, or no template, is refused', async () => {
    await expect(loadTemplate(join(directory, 'missing.hbs'))).rejects.toMatchObject({ code: 'CONFIGURATION' });
    await expect(loadTemplate('teams')).rejects.toThrow('teams is no alert template.');
  });
});

test('the template in the documentation works', async () => {
  const page = await readFile(join(import.meta.dirname, '../../../skeleton/base/docs/alerts.md'), 'utf8');
  const [, source = ''] = /```handlebars\n(.*?)```/s.exec(page) ?? [];
  const template = await ownTemplate(source);
  const alert = alertOf(nasty);
  expect(template.render(alert)).toContain(JSON.stringify(alert.message));
  expect(template.render(alert)).toContain('exit code 75');
  const withoutError = template.render(alertOf(nasty, { error: undefined }));
  expect(withoutError).not.toContain('exit code 75');
});

test('secrets are hidden in every template', async () => {
  registerSecret('wh1sper-of-the-w00ds');
  const alert = alertOf('login with wh1sper-of-the-w00ds failed');
  for (const name of ['generic', 'slack']) {
    expect((await loadTemplate(name)).render(alert)).not.toContain('wh1sper');
  }
});
