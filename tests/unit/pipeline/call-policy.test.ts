import { expect, test, vi } from 'vitest';
import { type ErrorCode, PipelineError } from '../../../skeleton/base/src/runtime/errors/pipeline-error.ts';
import { CallPolicy } from '../../../skeleton/base/src/runtime/pipeline/call-policy.ts';
import { CircuitBreakers } from '../../../skeleton/base/src/runtime/pipeline/circuit-breakers.ts';

const deadlines = { answer: 50, retry: 2_000 };

/** Work that never ends by itself, and what gives it up. */
function hanging() {
  const { promise, reject } = Promise.withResolvers<string>();
  return { work: () => promise, abandon: () => reject(new Error('dropped')) };
}

function failing(code: ErrorCode, times: number, retryAfter?: number) {
  let calls = 0;
  const work = async () => {
    calls += 1;
    if (calls <= times) throw new PipelineError(code, 'no', { retryAfter });
    return 'done';
  };
  return { work, calls: () => calls };
}

test.each<ErrorCode>(['UNAVAILABLE', 'TIMEOUT', 'CONFLICT', 'RATE_LIMITED'])('%s is tried again', async (code) => {
  const policy = new CallPolicy({ name: 'The sink', abandon: () => {}, deadlines: { answer: 5_000, retry: 30_000 } });
  const { work, calls } = failing(code, 1);
  expect(await policy.call(work)).toBe('done');
  expect({ calls: calls(), retries: policy.retries }).toEqual({ calls: 2, retries: 1 });
});

test.each<ErrorCode>(['CONFIGURATION', 'ACCESS_DENIED', 'STORAGE', 'REJECTED', 'LOCKED', 'INTERNAL'])(
  '%s is not',
  async (code) => {
    const { work, calls } = failing(code, 1);
    await expect(new CallPolicy({ name: 'The sink', abandon: () => {}, deadlines }).call(work)).rejects.toMatchObject({
      code,
    });
    expect(calls()).toBe(1);
  },
);

test('no attempt begins after the time for that', async () => {
  const policy = new CallPolicy({ name: 'The sink', abandon: () => {}, deadlines: { answer: 50, retry: 300 } });
  const { work } = failing('CONFLICT', Number.POSITIVE_INFINITY);
  const started = performance.now();
  await expect(policy.call(work)).rejects.toMatchObject({ code: 'CONFLICT', exitCode: 75 });
  expect(performance.now() - started).toBeGreaterThan(295);
  expect(policy.retries).toBeGreaterThan(1);
});

test('the pause that a system asks for is kept, or the call fails when it is longer than the time left', async () => {
  const policy = new CallPolicy({ name: 'The sink', abandon: () => {}, deadlines });
  const patient = failing('RATE_LIMITED', 1, 200);
  const started = performance.now();
  expect(await policy.call(patient.work)).toBe('done');
  expect(performance.now() - started).toBeGreaterThan(195);
  const long = failing('RATE_LIMITED', 1, 60_000);
  await expect(policy.call(long.work)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  expect(long.calls()).toBe(1);
});

test('a call that hangs is given up, and comes again when it has ended', async () => {
  const first = hanging();
  const policy = new CallPolicy({ name: 'The sink warehouse', abandon: first.abandon, deadlines });
  const answers = [first.work, async () => 'second'];
  expect(await policy.call(() => (answers.shift() ?? first.work)())).toBe('second');
  expect(policy.retries).toBe(1);
});

test('a call that cannot be given up ends the run: it never runs beside another one', async () => {
  vi.useFakeTimers();
  try {
    const policy = new CallPolicy({ name: 'The sink warehouse', abandon: () => {}, deadlines });
    let calls = 0;
    const outcome = expect(
      policy.call(() => {
        calls += 1;
        return new Promise(() => {});
      }),
    ).rejects.toMatchObject({ code: 'TIMEOUT', exitCode: 75, message: expect.stringContaining('The sink warehouse') });
    await vi.advanceTimersByTimeAsync(60_000);
    await outcome;
    expect(calls).toBe(1);
    await expect(policy.call(async () => 'more')).rejects.toMatchObject({ code: 'TIMEOUT' });
    await policy.close(() => new Promise(() => {}));
  } finally {
    vi.useRealTimers();
  }
});

test('a signal gives a call up at once', async () => {
  const { work, abandon } = hanging();
  const policy = new CallPolicy({ name: 'The source', abandon, deadlines: { answer: 60_000, retry: 60_000 } });
  const stop = new AbortController();
  const reason = new PipelineError('INTERRUPTED', 'stop');
  setTimeout(() => stop.abort(reason), 20);
  await expect(policy.call(work, stop.signal)).rejects.toBe(reason);
});

test('a system that stays down is called no more, by nobody that needs it', async () => {
  const breakers = new CircuitBreakers();
  const policy = (connection: string) =>
    new CallPolicy({
      name: `The sink ${connection}`,
      abandon: () => {},
      deadlines: { answer: 50, retry: 1 },
      breaker: breakers.of(connection),
    });
  const down = failing('UNAVAILABLE', Number.POSITIVE_INFINITY);
  await expect(policy('warehouse').call(down.work)).rejects.toMatchObject({ message: 'no' });
  await expect(policy('warehouse').once(async () => 'never')).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    exitCode: 75,
    message: expect.stringContaining('stays down'),
  });
  expect(await policy('lake').call(async () => 'another system')).toBe('another system');
});

test('what is wrong with a call says nothing about the system', async () => {
  const breaker = new CircuitBreakers().of('warehouse');
  const policy = new CallPolicy({ name: 'The sink', abandon: () => {}, deadlines, breaker });
  await expect(policy.call(failing('ACCESS_DENIED', 1).work)).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
  expect(await policy.call(async () => 'works')).toBe('works');
});
