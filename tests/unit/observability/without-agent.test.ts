import { expect, test } from 'vitest';
import { runProgram } from './run-program.ts';

/** Traces and measures a run, then says what that left behind in the process. */
const PROGRAM = `
  const { startTracing, startSpan } = await load('tracing.ts');
  await startTracing();
  const { metrics } = await load('metrics.ts');
  const tags = { pipeline: 'orders', resource: 'orders' };
  const run = startSpan('pipeline.run', tags);
  const batch = run.child('pipeline.batch');
  const result = await batch.run(async () => {
    metrics.count('records.read', 5, tags);
    metrics.distribution('stage.duration', 5, { ...tags, stage: 'load' });
    metrics.gauge('in_flight.batches', 1, tags);
    return 'done';
  });
  batch.finish(new Error('failed'));
  run.finish();
  const { createRequire } = await import('node:module');
  const loaded = Object.keys(createRequire('/').cache).filter((path) => /dd-trace|hot-shots/.test(path));
  const sockets = process.getActiveResourcesInfo().filter((kind) => /UDP|TCP|Socket/i.test(kind));
  await metrics.flush();
  console.log(JSON.stringify({ result, traceId: run.traceId ?? 'none', loaded: loaded.length, sockets }));
`;

test('without an agent nothing is loaded, opened, printed or traced, and the work is done', async () => {
  const { code, stdout, stderr } = await runProgram(PROGRAM);
  expect(JSON.parse(stdout)).toEqual({ result: 'done', traceId: 'none', loaded: 0, sockets: [] });
  expect(stderr).toBe('');
  expect(code).toBe(0);
});

test.each([['false'], ['0']])('DD_TRACE_ENABLED=%s keeps traces off where only they are configured', async (value) => {
  const environment = { DD_TRACE_AGENT_URL: 'http://127.0.0.1:9', DD_TRACE_ENABLED: value };
  const { stdout } = await runProgram(PROGRAM, environment);
  expect(JSON.parse(stdout)).toEqual({ result: 'done', traceId: 'none', loaded: 0, sockets: [] });
});

test('with an agent both are loaded, so the test above can fail', async () => {
  const { stdout } = await runProgram(PROGRAM, { DD_AGENT_HOST: '127.0.0.1', DD_TRACE_AGENT_PORT: '9' });
  const { loaded, traceId, sockets } = JSON.parse(stdout);
  expect(loaded).toBeGreaterThan(100);
  expect(traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(sockets).not.toEqual([]);
});
