import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type PostgresServer, startPostgres } from '../../../scripts/postgres-server.ts';
import { METRICS, SHARED_TAGS } from '../../../skeleton/base/src/runtime/observability/metrics-table.ts';
import { type CommandResult, GeneratedService } from './generated-service.ts';
import { type ReceivedSpan, Receivers } from './receivers.ts';

const UNIFIED = { DD_ENV: 'test', DD_SERVICE: 'orders', DD_VERSION: '1.2.3' };

/** A queue into a sink that is busy at first, the same queue into PostgreSQL, and from there into another table. */
const pipeline = (url: string) => `
name: orders
connections:
  line: { type: unsteady, url: "${url}" }
  warehouse: { type: postgres, url: "\${WAREHOUSE_DATABASE_URL}" }
resources:
  queue:
    source: { connection: line, records: 25 }
    sink: { connection: line, mode: append }
    mode: full
    batchSize: 10
    deadLetters: { max: 5, share: 1 }
  stored:
    source: { connection: line, records: 25 }
    sink: { connection: warehouse, table: public.stored, mode: append }
    mode: full
    batchSize: 10
  copied:
    source: { connection: warehouse, table: public.stored }
    sink: { connection: warehouse, table: public.copied, mode: append }
    mode: full
`;

let service: GeneratedService;
let receivers: Receivers;
let home: Server;
let database: PostgresServer;
let environment: Record<string, string>;
let run: CommandResult;
let spans: ReceivedSpan[];

beforeAll(async () => {
  [receivers, database] = await Promise.all([Receivers.start(), startPostgres()]);
  environment = { ...receivers.environment, ...UNIFIED, WAREHOUSE_DATABASE_URL: database.url };
  home = createServer((_, response) => response.end('here')).listen(0, '127.0.0.1');
  await once(home, 'listening');
  const address = home.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  service = await GeneratedService.create({ sources: ['postgres'], sinks: ['postgres'] });
  await service.addFile('unsteady/index.ts', 'src/runtime/connectors/unsteady/index.ts', '../../');
  await service.addFile('unsteady/resource.ts', 'src/resources/queue.ts', '../runtime/');
  await service.write('pipeline.yaml', pipeline(`http://127.0.0.1:${port}/`));
  run = await service.run(['src/main.ts', 'run'], environment);
  spans = await receivers.spans();
});

afterAll(async () => {
  await Promise.all([receivers.stop(), database.stop()]);
  home.close();
  await service.remove();
});

const children = (parent: ReceivedSpan) => spans.filter(({ parent_id }) => parent_id === parent.span_id);

function runSpan(resource: string): ReceivedSpan {
  const found = spans.filter(({ name, meta }) => name === 'pipeline.run' && meta.resource === resource);
  expect(found, `traces of ${resource}`).toHaveLength(1);
  return found[0] as ReceivedSpan;
}

test('the run is complete', () => {
  const loud = run.stderr.split('\n').filter((line) => /"level":"(error|warn)"/.test(line));
  expect(loud).toEqual([expect.stringMatching(/"message":"The sink \w+ failed and is tried again\."/)]);
  expect(run.code).toBe(0);
});

const KIND_LETTERS = { count: 'c', distribution: 'd', gauge: 'g' };

test.each(Object.entries(METRICS))('%s is sent, as what it is and with its tags', (name, { kind, tags }) => {
  const sent = receivers.metrics.filter((metric) => metric.name === `etl.${name}`);
  expect(sent).not.toEqual([]);
  for (const metric of sent) {
    expect(metric.kind).toBe(KIND_LETTERS[kind]);
    expect(Object.keys(metric.tags).sort()).toEqual([...SHARED_TAGS, ...tags].sort());
    expect(metric.tags).toMatchObject({ env: 'test', service: 'orders', version: '1.2.3', pipeline: 'orders' });
  }
});

test('and no metric that is not in the table', () => {
  const known = new Set(Object.keys(METRICS).map((name) => `etl.${name}`));
  expect(receivers.metrics.filter(({ name }) => !known.has(name))).toEqual([]);
});

test('metrics add up to what was moved', () => {
  const total = (name: string) =>
    receivers.metrics
      .filter((metric) => metric.name === `etl.${name}` && metric.tags.resource === 'queue')
      .reduce((sum, { value }) => sum + value, 0);
  expect({
    read: total('records.read'),
    written: total('records.written'),
    deadLettered: total('records.dead_lettered'),
    retries: total('load.retries'),
    runs: total('run.status'),
  }).toEqual({ read: 25, written: 24, deadLettered: 1, retries: 1, runs: 1 });
});

test('a run is one trace: run, batches, stages', () => {
  const root = runSpan('queue');
  expect(root.parent_id ?? '0').toBe('0');
  const trace = spans.filter(({ trace_id }) => trace_id === root.trace_id);
  const batches = children(root).filter(({ name }) => name === 'pipeline.batch');
  expect(batches.length).toBeGreaterThanOrEqual(3);
  expect(trace.filter(({ name }) => name === 'pipeline.batch')).toEqual(batches);
  const stages = new Set(batches.flatMap(children).map(({ name }) => name));
  expect([...stages].sort()).toEqual(['extract', 'load', 'transform', 'validate']);
  for (const span of trace.filter(({ name }) => name.startsWith('pipeline.') || stages.has(name))) {
    expect(span).toMatchObject({ service: 'orders', resource: 'queue', meta: { env: 'test', pipeline: 'orders' } });
  }
});

test('a stage that failed and was tried again is there twice, the first time as an error', () => {
  const loads = children(runSpan('queue'))
    .flatMap(children)
    .filter(({ name }) => name === 'load');
  expect(loads).toHaveLength(4);
  const failed = loads.filter(({ error }) => error === 1);
  expect(failed).toMatchObject([{ meta: { 'error.type': 'UNAVAILABLE', 'error.message': 'The sink is busy.' } }]);
});

test('requests that a sink makes hang below its load', () => {
  const loads = children(runSpan('queue'))
    .flatMap(children)
    .filter(({ name }) => name === 'load');
  for (const load of loads) {
    expect(children(load)).toMatchObject([{ meta: { 'http.method': 'GET', 'out.host': '127.0.0.1' } }]);
  }
});

test.each([
  ['stored', 'load', 'FROM STDIN'],
  ['copied', 'extract', 'TO STDOUT'],
])('queries of PostgreSQL hang below the stage that makes them: %s, %s', (resource, stage, direction) => {
  const stages = children(runSpan(resource))
    .flatMap(children)
    .filter(({ name }) => name === stage);
  const queries = stages.flatMap(children).filter(({ name }) => name === 'pg.query');
  expect(queries.map((query) => query.resource)).toContainEqual(expect.stringMatching(`COPY .* ${direction}`));
});

const logLine = z.looseObject({ dd: z.record(z.string(), z.string()), message: z.string() });

test('every log line is JSON, and those of a run carry the id of its trace', () => {
  const lines = run.stderr
    .trimEnd()
    .split('\n')
    .map((line) => logLine.parse(JSON.parse(line)));
  expect(lines.length).toBeGreaterThanOrEqual(2);
  for (const { dd } of lines) expect(dd).toMatchObject({ env: 'test', service: 'orders', version: '1.2.3' });
  for (const resource of ['queue', 'stored', 'copied']) {
    const finished = lines.find(({ message }) => message === `${resource}: complete`);
    const low64 = BigInt(`0x${finished?.dd.trace_id?.slice(-16)}`).toString();
    expect(low64).toBe(runSpan(resource).trace_id);
  }
});

test('a run that fails before the first record is a failed trace, and tells no password', async () => {
  const url = new URL(database.url);
  url.password = 'not-the-password';
  const wrong = { ...environment, WAREHOUSE_DATABASE_URL: url.href };
  const failed = await service.run(['src/main.ts', 'run', 'copied'], wrong);
  expect(failed.code).toBe(1);
  const received = await receivers.spans();
  const roots = received.filter(({ name, error }) => name === 'pipeline.run' && error === 1);
  expect(roots).toMatchObject([{ resource: 'copied', meta: { 'error.type': 'ACCESS_DENIED' } }]);
  for (const password of [url.password, new URL(database.url).password]) {
    expect(JSON.stringify(received) + failed.stderr + failed.stdout + run.stderr).not.toContain(password);
  }
});

test('without an agent a run sends nothing and logs without ids', async () => {
  const count = async () => ({ spans: (await receivers.spans()).length, metrics: receivers.metrics.length });
  const before = await count();
  const quiet = await service.run(['src/main.ts', 'run', 'queue'], { WAREHOUSE_DATABASE_URL: database.url });
  expect(quiet.code).toBe(0);
  expect(quiet.stderr).not.toMatch(/trace_id|datadog/i);
  expect(await count()).toEqual(before);
});
