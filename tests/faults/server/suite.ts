import type { PostgresServer } from '../../../scripts/postgres-server.ts';
import { disturbedRun } from '../disturbed-run.ts';
import { compare } from '../kill/compare.ts';
import type { Route } from '../kill/routes.ts';
import { runUndisturbed, type UndisturbedRound } from '../kill/undisturbed.ts';
import { Workspace } from '../kill/workspace.ts';
import type { ServerResult } from '../report/results.ts';
import type { Service } from '../service.ts';
import type { ServerEvent, Surroundings } from './events.ts';

/** The run has loaded one batch when it stands still, and has more than one to go. */
const SECOND_BATCH = { step: 'batch loaded', occurrence: 2 };

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
  const environment = as(event.user, workspace.environment);
  const { code, signal, stderr } = await disturbedRun(workspace.service, environment, SECOND_BATCH, () =>
    event.happen(surroundings),
  );
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

function as(user: ServerEvent['user'], environment: Record<string, string>): Record<string, string> {
  const url = new URL(environment.WAREHOUSE_DATABASE_URL ?? '');
  if (user === undefined) return environment;
  url.username = user.name;
  url.password = user.password;
  return { ...environment, WAREHOUSE_DATABASE_URL: url.href };
}
