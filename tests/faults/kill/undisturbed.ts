import { ordersOf, ROUNDS, refusedBy, type Stage } from './orders.ts';
import type { Route } from './routes.ts';
import { watchedRun } from './run.ts';
import type { Letter, Manifest, Workspace } from './workspace.ts';

/** What a round leaves when nobody disturbs it. */
export interface UndisturbedRound {
  readonly steps: readonly string[];
  readonly contents: readonly string[];
  readonly deadLetters: readonly Letter[];
  readonly manifest: Manifest;
  /** Number of the last batch. */
  readonly lastSequence: number;
}

/** Runs both rounds undisturbed, and checks that they leave what the orders say. */
export async function runUndisturbed(workspace: Workspace, route: Route): Promise<readonly UndisturbedRound[]> {
  const rounds: UndisturbedRound[] = [];
  await workspace.reset();
  for (const round of ROUNDS) {
    await workspace.source.bring(round);
    const { code, steps, stderr } = await watchedRun(workspace.service, workspace.environment);
    if (code !== 0) throw new Error(`An undisturbed run ended with ${code}:\n${stderr}`);
    const manifest = workspace.manifests().at(-1);
    if (manifest === undefined) throw new Error('An undisturbed run left no manifest.');
    rounds.push({
      steps,
      contents: (await workspace.sink.contents()) ?? [],
      deadLetters: workspace.deadLetters(),
      manifest,
      lastSequence: (rounds.at(-1)?.lastSequence ?? 0) + manifest.counts.batches,
    });
  }
  const { length: found } = rounds.at(-1)?.contents ?? [];
  const expected = expectedRecords(route);
  if (found !== expected) throw new Error(`An undisturbed run left ${found} records instead of ${expected}.`);
  return rounds;
}

/** How many records both rounds leave in the sink. */
function expectedRecords({ source, sink, mode, records }: Route): number {
  const stages: readonly Stage[] = [
    ...(records === 'as they are' ? [] : (['contract', 'transform', 'validate'] as const)),
    ...(sink === 'postgres' ? (['load'] as const) : []),
  ];
  const good = ROUNDS.flatMap(ordersOf).filter((order) => {
    const stage = refusedBy(order);
    return stage === undefined || !stages.includes(stage);
  });
  const keepsVersions = mode === 'append' || (mode === 'replace' && source === 'files');
  return keepsVersions ? good.length : new Set(good.map(({ order_id }) => order_id)).size;
}
