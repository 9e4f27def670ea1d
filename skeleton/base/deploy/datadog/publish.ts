/**
 * Publishes the service, its dashboard and its monitors to Datadog, and sets unit, description and percentiles of its
 * metrics. What was published before is replaced, not doubled.
 *
 *     DD_SITE=datadoghq.com DD_API_KEY=… DD_APP_KEY=… node deploy/datadog/publish.ts
 *
 * `DD_API_URL` replaces `https://api.<site>` where requests go through a proxy.
 */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { METRIC_PREFIX, METRICS, SHARED_TAGS } from '../../src/runtime/observability/metrics-table.ts';
import { DatadogApi, DatadogError } from './datadog-api.ts';

const dashboardSchema = z.looseObject({ title: z.string() });
const monitorSchema = z.looseObject({ name: z.string(), tags: z.array(z.string()) });
const publishedDashboards = z.object({ dashboards: z.array(z.object({ id: z.string(), title: z.string() })) });
const publishedMonitors = z.array(z.object({ id: z.number(), name: z.string() }));

const environmentSchema = z.object({
  DD_SITE: z.string().default('datadoghq.com'),
  DD_API_KEY: z.string({ error: 'DD_API_KEY is missing: an API key of your Datadog organisation' }),
  DD_APP_KEY: z.string({ error: 'DD_APP_KEY is missing: an application key that may write dashboards and monitors' }),
  DD_API_URL: z.url().optional(),
});

await main();

async function main(): Promise<void> {
  const environment = environmentSchema.safeParse(process.env);
  if (!environment.success) {
    for (const { message } of environment.error.issues) console.error(message);
    process.exitCode = 64;
    return;
  }
  const { DD_SITE, DD_API_URL = `https://api.${DD_SITE}`, DD_API_KEY, DD_APP_KEY } = environment.data;
  const api = new DatadogApi({ url: DD_API_URL, apiKey: DD_API_KEY, applicationKey: DD_APP_KEY });
  try {
    await publishService(api);
    await publishDashboard(api);
    await publishMonitors(api);
    await describeMetrics(api);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    if (error instanceof DatadogError && error.status === 403) {
      console.error(`Check both keys, their permissions, and that they belong to the site ${DD_SITE}.`);
    }
    process.exitCode = 1;
  }
}

async function publishService(api: DatadogApi): Promise<void> {
  await api.request('POST', '/api/v2/catalog/entity', parse(await read('../../service.datadog.yaml')));
  console.log('service      published');
}

async function publishDashboard(api: DatadogApi): Promise<void> {
  const dashboard = dashboardSchema.parse(JSON.parse(await read('dashboard.json')));
  const { dashboards } = publishedDashboards.parse(await api.request('GET', '/api/v1/dashboard'));
  const before = dashboards.find(({ title }) => title === dashboard.title);
  if (before === undefined) await api.request('POST', '/api/v1/dashboard', dashboard);
  else await api.request('PUT', `/api/v1/dashboard/${before.id}`, dashboard);
  console.log(`dashboard    ${before === undefined ? 'added' : 'replaced'}  ${dashboard.title}`);
}

async function publishMonitors(api: DatadogApi): Promise<void> {
  const monitors = z.array(monitorSchema).parse(JSON.parse(await read('monitors.json')));
  const tag = monitors[0]?.tags.find((candidate) => candidate.startsWith('service:')) ?? '';
  const path = `/api/v1/monitor?monitor_tags=${encodeURIComponent(tag)}`;
  const published = publishedMonitors.parse(await api.request('GET', path));
  for (const monitor of monitors) {
    const before = published.find(({ name }) => name === monitor.name);
    if (before === undefined) await api.request('POST', '/api/v1/monitor', monitor);
    else await api.request('PUT', `/api/v1/monitor/${before.id}`, monitor);
    console.log(`monitor      ${before === undefined ? 'added' : 'replaced'}  ${monitor.name}`);
  }
}

/** Datadog knows a metric once it was sent for the first time; one that was not is named and left for the next time. */
async function describeMetrics(api: DatadogApi): Promise<void> {
  for (const [name, { kind, unit, description, tags }] of Object.entries(METRICS)) {
    const id = METRIC_PREFIX + name;
    try {
      await api.request('PUT', `/api/v1/metrics/${id}`, { description, unit });
      if (kind === 'distribution') await setPercentiles(api, id, [...SHARED_TAGS, ...tags]);
      console.log(`metric       described  ${id}`);
    } catch (error) {
      if (!(error instanceof DatadogError && [400, 404].includes(error.status))) throw error;
      console.log(`metric       unknown    ${id}: publish again after the first run that sends it`);
    }
  }
}

async function setPercentiles(api: DatadogApi, id: string, tags: readonly string[]): Promise<void> {
  const path = `/api/v2/metrics/${id}/tags`;
  const attributes = { tags, include_percentiles: true };
  try {
    const created = { ...attributes, metric_type: 'distribution' };
    await api.request('POST', path, { data: { type: 'manage_tags', id, attributes: created } });
  } catch (error) {
    if (!(error instanceof DatadogError && error.status === 409)) throw error;
    await api.request('PATCH', path, { data: { type: 'manage_tags', id, attributes } });
  }
}

function read(path: string): Promise<string> {
  return readFile(new URL(path, import.meta.url), 'utf8');
}
