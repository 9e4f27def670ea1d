import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type METRICS, metrics } from '../../../skeleton/base/src/runtime/observability/metrics.ts';
import type { MetricNameOf, MetricTags } from '../../../skeleton/base/src/runtime/observability/metrics-table.ts';
import { runProgram } from './run-program.ts';

const received: string[] = [];
let socket: Socket;

beforeAll(async () => {
  socket = createSocket('udp4');
  socket.on('message', (message) => received.push(...message.toString().split('\n')));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
});

afterAll(() => {
  socket.close();
});

const SEND = `
  const { metrics } = await load('metrics.ts');
  const tags = { pipeline: 'orders', resource: 'returns' };
  metrics.count('records.read', 5000, tags);
  metrics.distribution('stage.duration', 12.5, { ...tags, stage: 'load' });
  metrics.gauge('in_flight.batches', 3, tags);
  metrics.count('run.status', 1, { ...tags, status: 'failed' });
  await metrics.flush();
`;

test('sends each kind in the format of DogStatsD, tagged with service and resource', async () => {
  const { stderr, code } = await runProgram(SEND, {
    DD_AGENT_HOST: '127.0.0.1',
    DD_DOGSTATSD_PORT: String(socket.address().port),
    DD_ENV: 'test',
    DD_SERVICE: 'orders',
    DD_VERSION: '1.2.3',
  });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  await expect.poll(() => received.filter((line) => line !== '').length).toBe(4);
  const sent = received
    .filter((line) => line !== '')
    .map((line) => {
      const [value, kind, tags = ''] = line.split('|');
      return { value, kind, tags: tags.slice(1).split(',').sort() };
    });
  const shared = ['env:test', 'pipeline:orders', 'resource:returns', 'service:orders', 'version:1.2.3'];
  expect(sent).toEqual([
    { value: 'etl.records.read:5000', kind: 'c', tags: shared },
    { value: 'etl.stage.duration:12.5', kind: 'd', tags: [...shared, 'stage:load'].sort() },
    { value: 'etl.in_flight.batches:3', kind: 'g', tags: shared },
    { value: 'etl.run.status:1', kind: 'c', tags: [...shared, 'status:failed'].sort() },
  ]);
});

test.each([
  ['a host that does not resolve', { DD_AGENT_HOST: 'agent.invalid' }],
  ['a socket that is not there', { DD_DOGSTATSD_URL: 'unix:///nowhere/dsd.socket' }],
])('%s costs one warning and nothing else', async (_, environment) => {
  const { stderr, code } = await runProgram(SEND, { ...environment, DD_TRACE_ENABLED: 'false' });
  const warnings = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(warnings).toMatchObject([{ level: 'warn', message: expect.stringContaining('Metrics cannot be sent') }]);
  expect(code).toBe(0);
});

test('a metric, a kind or a tag that is not in the table does not compile', () => {
  const tags = { pipeline: 'orders', resource: 'orders' };
  // @ts-expect-error there is no such metric
  metrics.count('records.lost', 1, tags);
  // @ts-expect-error a count is no gauge
  metrics.gauge('records.read', 1, tags);
  // @ts-expect-error its stage is missing
  metrics.distribution('stage.duration', 1, tags);
  // @ts-expect-error no such status
  metrics.count('run.status', 1, { ...tags, status: 'splendid' });
  const status: MetricTags<'run.status'>['status'] = 'complete';
  const count: MetricNameOf<'count'> = 'records.read';
  expect({ status, count } satisfies { status: string; count: keyof typeof METRICS }).toBeDefined();
});
