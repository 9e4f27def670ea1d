import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { PostgresServer } from '../../../scripts/postgres-server.ts';
import { compare } from '../kill/compare.ts';
import type { Route } from '../kill/routes.ts';
import { watchedRun } from '../kill/run.ts';
import { runUndisturbed, type UndisturbedRound } from '../kill/undisturbed.ts';
import { Workspace } from '../kill/workspace.ts';
import type { ServerResult } from '../report/results.ts';
import type { Service } from '../service.ts';
import type { ServerEvent, Surroundings } from './events.ts';

/** The run has loaded one batch when it is stopped, and has more than one to go. */
const BATCH = 2;

/** Lets one event after the other happen in the middle of a run, and brings the run to its end. */
export async function* runServerSuite(
  events: readonly ServerEvent[],
  { service, server }: { readonly service: Service; readonly server: PostgresServer },
): AsyncGenerator<Omit<ServerResult, 'problems'> & { readonly problems: readonly string[] }> {
  for (const [mode = 'merge', alike] of Map.groupBy(events, (event) => event.mode)) {
    const route: Route = { source: 'postgres', sink: 'postgres', mode };
    const workspace = await Workspace.open(service, route, server.url);
    try {
      const [, expected] = await runUndisturbed(workspace, route);
      if (expected === undefined) throw new Error('There is no second round.');
      const { SHOP_DATABASE_URL: shop = '', WAREHOUSE_DATABASE_URL: warehouse = '' } = workspace.environment;
      for (const event of alike) yield await tryEvent(event, workspace, expected, { server, shop, warehouse });
    } finally {
      await workspace.close();
    }
  }
}

async function tryEvent(
  event: ServerEvent,
  workspace: Workspace,
  expected: UndisturbedRound,
  surroundings: Surroundings,
) {
  const none = {
    event: event.name,
    faults: 0,
    exitCodes: {},
    lost: 0,
    doubled: 0,
    wronglyDeadLettered: 0,
    problems: [],
  };
  await workspace.reset();
  await workspace.source.bring(1);
  const first = await workspace.service.pipeline(['run'], workspace.environment);
  if (first.code !== 0) throw new Error(`The first run ended with ${first.code}: ${first.stderr}`);
  await workspace.source.bring(2);
  const skipped = await event.prepare?.(surroundings);
  if (skipped !== undefined) return { ...none, skipped };
  const problems: string[] = [];
  const { code, signal, stderr } = await disturbedRun(event, workspace, surroundings);
  const { retries = 0 } = workspace.manifests().at(-1)?.counts ?? {};
  await event.heal?.(surroundings);
  if (!event.ends.some((each) => each === code)) problems.push(`ended with ${signal ?? code}: ${stderr}`);
  if (code !== 0 && event.error?.test(stderr) === false) problems.push(`another error: ${stderr}`);
  if (event.triesAgain === true && retries === 0) problems.push('nothing was tried again: did it meet the run?');
  if (code !== 0) {
    const next = await workspace.service.pipeline(['run'], workspace.environment);
    if (next.code !== 0) problems.push(`the next run ended with ${next.signal ?? next.code}: ${next.stderr}`);
  }
  const difference = compare(expected.contents, (await workspace.sink.contents()) ?? []);
  const letters = compare(
    expected.deadLetters.map(({ text }) => text),
    workspace.deadLetters().map(({ text }) => text),
  );
  return {
    ...none,
    faults: 1,
    exitCodes: { [String(code ?? signal)]: 1 },
    lost: difference.lost.length,
    doubled: difference.doubled.length,
    wronglyDeadLettered: letters.lost.length + letters.doubled.length,
    problems,
  };
}

/** The run stands still before its second batch while the event happens, and then goes on. */
async function disturbedRun(
  { happen, user }: ServerEvent,
  { service, environment }: Workspace,
  surroundings: Surroundings,
) {
  const step = 'batch loaded';
  let happened: Promise<void> | undefined;
  const run = await watchedRun(
    service,
    as(user, environment),
    { step, occurrence: BATCH, when: 'stop' },
    (steps, child) => {
      if (happened !== undefined || steps.filter((each) => each === step).length < BATCH) return;
      happened = stopped(child).then(async () => {
        const goesOn = await happen(surroundings);
        child.kill('SIGCONT');
        await goesOn?.();
      });
    },
  );
  await happened;
  return run;
}

/** Waits until a process that stops itself stands still, by what Linux says of it. */
async function stopped({ pid }: ChildProcess): Promise<void> {
  while (!/^\d+ \(.*\) T/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) await delay(1);
}

function as(user: ServerEvent['user'], environment: Record<string, string>): Record<string, string> {
  const url = new URL(environment.WAREHOUSE_DATABASE_URL ?? '');
  if (user === undefined) return environment;
  url.username = user.name;
  url.password = user.password;
  return { ...environment, WAREHOUSE_DATABASE_URL: url.href };
}
