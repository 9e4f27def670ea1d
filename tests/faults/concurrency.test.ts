import type { ChildProcess } from 'node:child_process';
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createDatabase, type OwnDatabase } from '../support/database.ts';
import type { Failpoint } from './failpoint.ts';
import { pipelineOf, type Route } from './kill/routes.ts';
import { watchedRun } from './kill/run.ts';
import { renderKilledService, Workspace } from './kill/workspace.ts';
import type { Ended, Service } from './service.ts';

let rendered: Service;
const LEASE = 'LEASE_MILLISECONDS = 30_000';
const SHORT_LEASE = 'LEASE_MILLISECONDS = 3_000';
beforeAll(async () => {
  rendered = await renderKilledService();
  change(rendered, 'state/lease-store.ts', LEASE, SHORT_LEASE);
});
afterAll(() => rendered.remove());

function change(service: Service, file: string, from: string, to: string): void {
  const path = service.path('src/runtime', file);
  const text = readFileSync(path, 'utf8');
  if (!text.includes(from)) throw new Error(`${file} does not say ${from}: mend this test.`);
  writeFileSync(path, text.replace(from, to));
}

async function openWorkspace(route: Route): Promise<Workspace> {
  const workspace = await Workspace.open(rendered, route, inject('postgresUrl'));
  await workspace.reset();
  await workspace.source.bring(1);
  return workspace;
}

async function inWorkspace(route: Route, work: (workspace: Workspace) => Promise<void>): Promise<void> {
  const workspace = await openWorkspace(route);
  try {
    await work(workspace);
  } finally {
    await workspace.close();
  }
}

/** Waits until a process is stopped (SIGSTOP). */
async function stopped({ pid, exitCode }: ChildProcess): Promise<void> {
  for (;;) {
    if (exitCode !== null) throw new Error('The process has ended before it stopped.');
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    if (stat.slice(stat.lastIndexOf(')') + 2).startsWith('T')) return;
    await delay(20);
  }
}

/** Runs when the lease of a run that stands still has expired. */
function takeOver(service: Service, environment: Record<string, string>): Promise<Ended> {
  using state = new DatabaseSync(service.path('data/state/state.db'));
  state.exec('UPDATE leases SET expires_at = 1');
  return service.pipeline(['run', '--json'], environment);
}

/** The same service and data, which does not notice by itself that its lease is lost. */
function blind(service: Service): Service {
  const copy = service.copy();
  rmSync(copy.path('data'), { recursive: true });
  symlinkSync(service.path('data'), copy.path('data'));
  change(copy, 'state/lease.ts', 'HEARTBEAT_MILLISECONDS = LEASE_MILLISECONDS / 3', 'HEARTBEAT_MILLISECONDS = 2 ** 30');
  return copy;
}

const ZOMBIES: [Route, RegExp[]][] = [
  [{ source: 'files', sink: 'postgres', mode: 'append' }, [/^batch loaded$/, /^postgres: commit$/]],
  [{ source: 'files', sink: 'postgres', mode: 'merge' }, [/^postgres: commit$/]],
  [{ source: 'files', sink: 'postgres', mode: 'replace' }, [/^batch loaded$/, /^postgres: alter table/]],
  [{ source: 'files', sink: 'delta', mode: 'append' }, [/^rename \S*\.parquet$/, /^link \S*_delta_log/]],
  [{ source: 'files', sink: 'delta', mode: 'replace' }, [/^batch loaded$/, /^link \S*_delta_log/]],
  [
    { source: 'files', sink: 'files', mode: 'append', format: 'ndjson' },
    [/^rename \S*part-/, /^rename \S*_checkpoints/],
  ],
  [
    { source: 'files', sink: 'files', mode: 'replace', format: 'parquet' },
    [/^symlink \S*_ready$/, /^rename data\/exports\/orders$/],
  ],
];

describe.each(ZOMBIES)('one-writer, a zombie: %j', (route, names) => {
  let workspace: Workspace;
  let zombie: Service;
  let steps: readonly string[];
  let expected: readonly string[] | undefined;
  beforeAll(async () => {
    workspace = await openWorkspace(route);
    const { service, environment, sink } = workspace;
    zombie = blind(service);
    // What is replaced has to be there, so that it can be put away.
    if (route.mode === 'replace') expect(await service.pipeline(['run'], environment)).toMatchObject({ code: 0 });
    const undisturbed = await watchedRun(zombie, environment);
    expect(undisturbed).toMatchObject({ code: 0 });
    ({ steps } = undisturbed);
    expected = await sink.contents();
  });
  afterAll(async () => {
    zombie?.remove();
    await workspace?.close();
  });

  test.each(names)('stopped before %s commits nothing once another run has taken over', async (name) => {
    const { service, environment, sink } = workspace;
    for (const folder of ['state', 'dead-letters']) rmSync(service.path('data', folder), { recursive: true });
    if (route.mode !== 'replace') await sink.reset();
    const { process, end } = await startUntil(zombie, environment, inTheMiddle(steps, name));
    const next = await takeOver(service, environment);
    expect(next, next.stderr).toMatchObject({ code: 0 });
    const [{ id }] = JSON.parse(next.stdout);
    process.kill('SIGCONT');
    const refused = await end;
    expect(refused.stderr).toContain(`error FENCED: Run ${id} has taken over orders/orders; the sink takes nothing`);
    expect(refused.code).toBe(75);
    expect(await sink.contents()).toEqual(expected);
    expect((await service.pipeline(['run'], environment)).code).toBe(0);
    expect(await sink.contents()).toEqual(expected);
  });
});

/** Behind the preparations, and before the end. */
function inTheMiddle(steps: readonly string[], name: RegExp): Failpoint {
  const places = steps.flatMap((step, index) => (name.test(step) ? [index] : []));
  const place = places[Math.floor(places.length / 2)] ?? -1;
  const step = steps[place] ?? '';
  if (step === '') throw new Error(`No step is called ${name}: mend this test.`);
  return { step, occurrence: steps.slice(0, place + 1).filter((other) => other === step).length, when: 'stop' };
}

/** Starts a run, and waits until it stands still at the failpoint. */
async function startUntil(service: Service, environment: Record<string, string>, failpoint: Failpoint) {
  const { promise, resolve } = Promise.withResolvers<ChildProcess>();
  const end = watchedRun(service, environment, failpoint, (_, process) => resolve(process));
  const process = await Promise.race([promise, end]);
  if ('code' in process) throw new Error(`The run ended before its first step: ${process.stderr}`);
  await stopped(process);
  return { process, end };
}

test('a run that wakes up and finds its lease taken over ends by itself', { timeout: 120_000 }, () =>
  inWorkspace({ source: 'files', sink: 'delta', mode: 'append' }, async ({ service, environment, sink }) => {
    const failpoint = { step: 'batch extracted', occurrence: 1, when: 'stop' } as const;
    const { process, end } = await startUntil(service, environment, failpoint);
    expect((await takeOver(service, environment)).code).toBe(0);
    const contents = await sink.contents();
    process.kill('SIGCONT');
    expect(await end).toMatchObject({ code: 75, stderr: expect.stringContaining('error FENCED') });
    expect(await sink.contents()).toEqual(contents);
  }),
);

test('one-writer: of several runs of a resource that start at once, one moves the records', { timeout: 120_000 }, () =>
  inWorkspace({ source: 'files', sink: 'postgres', mode: 'append' }, async ({ service, environment, sink }) => {
    const ends = await Promise.all(Array.from({ length: 4 }, () => service.pipeline(['run', '--json'], environment)));
    for (const { code, stderr } of ends)
      if (code !== 0) expect([code, stderr]).toEqual([75, expect.stringContaining('LOCKED')]);
    const contents = (await sink.contents()) ?? [];
    expect(ends.some(({ code }) => code === 0)).toBe(true);
    expect(new Set(contents).size).toBe(contents.length);
    expect((await service.pipeline(['run'], environment)).code).toBe(0);
    expect(await sink.contents()).toEqual(contents);
  }),
);

test('four writers of one Delta table lose and double nothing', { timeout: 120_000 }, () =>
  inWorkspace({ source: 'files', sink: 'delta', mode: 'append' }, async ({ service, environment, sink }) => {
    expect((await service.pipeline(['run'], environment)).code).toBe(0);
    const once = (await sink.contents()) ?? [];
    await sink.reset();
    const text = pipelineOf({ source: 'files', sink: 'delta', mode: 'append' });
    const [start = 0, end = 0] = [text.indexOf('  orders:\n'), text.length];
    const names = ['a', 'b', 'c', 'd'].map((letter) => `orders_${letter}`);
    const resources = names.map((name) =>
      text.slice(start, end).replace('  orders:\n', `  ${name}:\n    definition: orders\n`),
    );
    writeFileSync(service.path('pipeline.yaml'), text.slice(0, start) + resources.join(''));
    const runs = await Promise.all(names.map((name) => service.pipeline(['run', name], environment)));
    expect(runs.map(({ code, stderr }) => [code, stderr])).toEqual(names.map(() => [0, expect.any(String)]));
    expect(await sink.contents()).toEqual(once.flatMap((record) => names.map(() => record)));
  }),
);

test('a replay during a run is refused, and does its work afterwards', { timeout: 120_000 }, () =>
  inWorkspace({ source: 'files', sink: 'postgres', mode: 'append' }, async ({ service, environment, sink }) => {
    change(service, 'state/lease-store.ts', SHORT_LEASE, LEASE);
    const failpoint = { step: 'postgres: commit', occurrence: 8, when: 'stop' } as const;
    const { process, end } = await startUntil(service, environment, failpoint);
    const during = await service.pipeline(['dlq', 'replay'], environment);
    process.kill('SIGCONT');
    expect(during).toMatchObject({ code: 75, stderr: expect.stringContaining('LOCKED') });
    expect(await end).toMatchObject({ code: 0 });
    const contents = (await sink.contents()) ?? [];
    await service.pipeline(['dlq', 'replay'], environment);
    expect(await sink.contents()).toEqual(contents);
  }),
);

describe('two machines that share their state in PostgreSQL', () => {
  let state: OwnDatabase;
  beforeAll(async () => {
    state = await createDatabase(inject('postgresUrl'));
  });
  afterAll(() => state.drop());

  test('run a resource one at a time, and see who does', { timeout: 120_000 }, () =>
    inWorkspace({ source: 'files', sink: 'files', mode: 'append', format: 'csv' }, async ({ service, environment }) => {
      const yaml = service.path('pipeline.yaml');
      writeFileSync(yaml, `${readFileSync(yaml, 'utf8')}state: { url: "\${STATE_DATABASE_URL}" }\n`);
      change(service, 'state/lease-store.ts', SHORT_LEASE, LEASE);
      const shared = { ...environment, STATE_DATABASE_URL: state.url };
      const elsewhere = service.copy();
      try {
        const failpoint = { step: 'batch loaded', occurrence: 3, when: 'stop' } as const;
        const { process, end } = await startUntil(service, shared, failpoint);
        const [other, status] = await Promise.all([
          elsewhere.pipeline(['run'], shared),
          elsewhere.pipeline(['status'], shared),
        ]);
        process.kill('SIGCONT');
        expect(other.code).toBe(75);
        expect(other.stderr).toContain(`LOCKED: orders is being run by process ${process.pid} on `);
        expect(status.stdout).toContain(`running: process ${process.pid} on `);
        expect(await end).toMatchObject({ code: 0 });
        expect((await elsewhere.pipeline(['run'], shared)).code).toBe(0);
        const history = await elsewhere.pipeline(['history', '--json'], shared);
        expect(JSON.parse(history.stdout)).toHaveLength(2);
        const password = new URL(state.url).password;
        for (const { stdout, stderr } of [other, status, history]) {
          expect(password === '' || !(stdout + stderr).includes(password)).toBe(true);
        }
      } finally {
        elsewhere.remove();
      }
    }),
  );
});
