import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { pythonEnvironment } from '../../../scripts/python-environment.ts';
import { METRICS } from '../../../skeleton/base/src/runtime/observability/metrics-table.ts';
import { GeneratedService } from './generated-service.ts';

const monitorsSchema = z.array(
  z.looseObject({ name: z.string(), query: z.string(), message: z.string(), tags: z.array(z.string()) }),
);

let service: GeneratedService;
let programs: string;

beforeAll(async () => {
  programs = await pythonEnvironment('datadog', join(import.meta.dirname, 'requirements.txt'));
  service = await GeneratedService.create({
    description: 'Orders of "all" shops: from files to the lake',
    owner: 'group:default/data-platform',
    system: 'sales',
    lifecycle: 'production',
    schedule: '30 2 * * *',
    serviceTags: ['cost-center:7', 'tier:gold'],
    repoUrl: 'github.com?owner=acme&repo=orders',
  });
});

afterAll(() => service.remove());

const read = (file: string): Promise<string> => readFile(join(service.folder, file), 'utf8');
const readMonitors = async () => monitorsSchema.parse(JSON.parse(await read('deploy/datadog/monitors.json')));

/** What the models of Datadog's own client object to. */
async function problemsOf(documents: readonly (readonly [kind: string, document: unknown])[]): Promise<string[]> {
  const script = join(import.meta.dirname, 'validate-datadog-files.py');
  const python = spawn(join(programs, 'python'), [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  python.stdin.end(JSON.stringify(documents));
  const [output] = await Promise.all([text(python.stdout), once(python, 'exit')]);
  expect(python.exitCode).toBe(0);
  return output.split('\n').filter((line) => line !== '');
}

test('Datadog knows every property and value of dashboard, monitors and service', async () => {
  const monitors = await readMonitors();
  const documents = [
    ['dashboard', JSON.parse(await read('deploy/datadog/dashboard.json'))] as const,
    ...monitors.map((monitor) => ['monitor', monitor] as const),
    ['entity', parse(await read('service.datadog.yaml'))] as const,
  ];
  expect(await problemsOf(documents)).toEqual([]);
});

test.each([
  ['a widget that does not exist', '"type": "query_value"', '"type": "query_values"'],
  ['a property that does not exist', '"precision"', '"precison"'],
  ['a palette that does not exist', 'white_on_red', 'white_on_pink'],
  ['an aggregator that does not exist', '"aggregator": "sum"', '"aggregator": "summ"'],
])('and would object to %s', async (_, right, wrong) => {
  const dashboard = (await read('deploy/datadog/dashboard.json')).replace(right, wrong);
  expect(await problemsOf([['dashboard', JSON.parse(dashboard)]])).not.toEqual([]);
});

const widgetSchema = z.object({
  definition: z.looseObject({ title: z.string() }),
  layout: z.object({ x: z.number(), y: z.number(), width: z.number().min(1), height: z.number().min(1) }),
});

test('the widgets of a group lie side by side, within twelve columns', async () => {
  const groupSchema = z.object({ definition: z.object({ title: z.string(), widgets: z.array(widgetSchema) }) });
  const { widgets: groups } = z
    .object({ widgets: z.array(groupSchema) })
    .parse(JSON.parse(await read('deploy/datadog/dashboard.json')));
  for (const { definition } of groups) {
    const taken = new Map<string, string>();
    for (const { definition: widget, layout } of definition.widgets) {
      expect(layout.x + layout.width, widget.title).toBeLessThanOrEqual(12);
      for (let x = layout.x; x < layout.x + layout.width; x++) {
        for (let y = layout.y; y < layout.y + layout.height; y++) {
          expect(taken.get(`${x}/${y}`), `${widget.title} at ${x}/${y}`).toBeUndefined();
          taken.set(`${x}/${y}`, widget.title);
        }
      }
    }
  }
});

test('each monitor is about this service, tells its team, and links the runbook', async () => {
  const monitors = await readMonitors();
  expect(monitors).toHaveLength(6);
  expect(new Set(monitors.map(({ name }) => name)).size).toBe(monitors.length);
  const headings = (await read('docs/runbook.md')).match(/^#+ .+$/gm) ?? [];
  const sections = headings.map((heading) => heading.replace(/^#+ /, '').toLowerCase().replaceAll(' ', '-'));
  for (const { query, message, tags } of monitors) {
    expect(query).toContain('service:orders');
    const [, section] = /https:\/\/github\.com\/acme\/orders\/blob\/main\/docs\/runbook\.md#(\S+)/.exec(message) ?? [];
    expect(sections).toContain(section);
    expect(message).toMatch(/@team-data-platform$/);
    expect(message).toMatch(/\{\{#is_alert\}\}.+\{\{\/is_alert\}\}/);
    expect(tags).toEqual(['service:orders', 'team:data-platform', 'cost-center:7', 'tier:gold']);
  }
});

interface Call {
  readonly method: string;
  readonly path: string;
  readonly keys: readonly (string | string[] | undefined)[];
  readonly body: unknown;
}

/** Answers as Datadog documents it, and keeps what it is sent. */
class DatadogServer {
  readonly calls: Call[] = [];
  readonly dashboards: { id: string; title: string }[] = [];
  readonly monitors: { id: number; name: string }[] = [];
  readonly unknownMetrics = new Set<string>();
  readonly #configured = new Set<string>();
  refuse = false;

  answer(call: Call): readonly [status: number, body: unknown] {
    this.calls.push(call);
    const { method, path } = call;
    if (this.refuse) return [403, { errors: ['Forbidden'] }];
    const metric = /^\/api\/v[12]\/metrics\/([^/]+)/.exec(path)?.[1];
    if (metric !== undefined) return this.#describe(method, path, metric);
    if (method === 'GET' && path === '/api/v1/dashboard') return [200, { dashboards: this.dashboards }];
    if (method === 'GET' && path === '/api/v1/monitor?monitor_tags=service%3Aorders') return [200, this.monitors];
    if (method === 'POST' && path === '/api/v2/catalog/entity') return [202, { data: [] }];
    const named = z.object({ title: z.string().optional(), name: z.string().optional() }).parse(call.body);
    if (method === 'POST' && path === '/api/v1/dashboard') {
      this.dashboards.push({ id: 'abc-def', title: named.title ?? '' });
      return [200, {}];
    }
    if (method === 'POST' && path === '/api/v1/monitor') {
      this.monitors.push({ id: 100 + this.monitors.length, name: named.name ?? '' });
      return [200, {}];
    }
    const known = [
      ...this.dashboards.map(({ id }) => `dashboard/${id}`),
      ...this.monitors.map(({ id }) => `monitor/${id}`),
    ];
    return method === 'PUT' && known.includes(path.replace('/api/v1/', ''))
      ? [200, {}]
      : [404, { errors: ['Not found'] }];
  }

  #describe(method: string, path: string, metric: string): readonly [status: number, body: unknown] {
    if (this.unknownMetrics.has(metric)) return [404, { errors: ['Metric not found'] }];
    if (!path.endsWith('/tags')) return [200, {}];
    if (method === 'POST' && this.#configured.has(metric)) return [409, { errors: ['Conflict'] }];
    this.#configured.add(metric);
    return [method === 'POST' ? 201 : 200, {}];
  }
}

let datadog: DatadogServer;
let server: Server;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const { method = '', url: path = '', headers } = request;
    const body = method === 'GET' ? undefined : await json(request);
    const [status, answer] = datadog.answer({
      method,
      path,
      body,
      keys: [headers['dd-api-key'], headers['dd-application-key']],
    });
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(() => {
  server.close();
});

beforeEach(() => {
  datadog = new DatadogServer();
});

async function publish() {
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const environment = { DD_API_URL: `http://127.0.0.1:${port}`, DD_API_KEY: 'key-one', DD_APP_KEY: 'key-two' };
  return service.run(['deploy/datadog/publish.ts'], environment);
}

test('publishing adds everything the first time and replaces it the second', async () => {
  const first = await publish();
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toContain('dashboard    added  orders pipeline');
  expect(first.stdout.match(/monitor {6}added/g)).toHaveLength(6);
  expect(datadog.calls.every(({ keys }) => keys.join() === 'key-one,key-two')).toBe(true);
  expect(datadog.calls.find(({ path }) => path.endsWith('/entity'))?.body).toMatchObject({
    kind: 'service',
    metadata: { name: 'orders', description: 'Orders of "all" shops: from files to the lake' },
  });

  const second = await publish();
  expect(second).toMatchObject({ code: 0, stderr: '' });
  expect(second.stdout).toContain('dashboard    replaced  orders pipeline');
  expect(second.stdout.match(/monitor {6}replaced/g)).toHaveLength(6);
  expect({ dashboards: datadog.dashboards.length, monitors: datadog.monitors.length }).toEqual({
    dashboards: 1,
    monitors: 6,
  });
});

test('publishing turns on percentiles for every distribution, with all its tags', async () => {
  await publish();
  const configured = datadog.calls.filter(({ path }) => path.endsWith('/tags')).map(({ path }) => path.split('/')[4]);
  const distributions = Object.entries(METRICS).filter(([, { kind }]) => kind === 'distribution');
  expect(configured).toEqual(distributions.map(([name]) => `etl.${name}`));
  expect(datadog.calls.find(({ path }) => path.includes('etl.stage.duration/tags'))?.body).toEqual({
    data: {
      type: 'manage_tags',
      id: 'etl.stage.duration',
      attributes: {
        metric_type: 'distribution',
        include_percentiles: true,
        tags: ['env', 'service', 'version', 'pipeline', 'resource', 'stage'],
      },
    },
  });
});

test('a metric that was never sent is named and does not keep the rest from being published', async () => {
  datadog.unknownMetrics.add('etl.load.retries');
  const { code, stdout } = await publish();
  expect(code).toBe(0);
  expect(stdout).toContain('unknown    etl.load.retries: publish again after the first run');
  expect(stdout).toContain('described  etl.in_flight.batches');
});

test('refused keys end with a sentence that says what to check', async () => {
  datadog.refuse = true;
  const { code, stdout, stderr } = await publish();
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('was answered with 403');
  expect(stderr).toContain('Check both keys');
  expect(stderr).not.toMatch(/key-one|key-two/);
});

test('missing keys are told before anything is sent', async () => {
  const { code, stderr } = await service.run(['deploy/datadog/publish.ts']);
  expect(code).toBe(64);
  expect(stderr).toContain('DD_API_KEY is missing');
  expect(stderr).toContain('DD_APP_KEY is missing');
});
