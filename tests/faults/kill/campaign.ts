import { Random } from '../random.ts';
import type { Service } from '../service.ts';
import { type NamedStep, nameOfStep } from './named-steps.ts';
import { modeOf, pairOf, type Route } from './routes.ts';
import { runScenario } from './scenario.ts';
import { runUndisturbed } from './undisturbed.ts';
import { Workspace } from './workspace.ts';

export interface CampaignOptions {
  /** Made by `renderKilledService`. */
  readonly service: Service;
  /** The superuser's address of a PostgreSQL server. */
  readonly server: string;
  /** Goes on until so many runs were killed. */
  readonly kills: number;
  /** The same seed makes the same choices; where a timer kills, the process may still be elsewhere. */
  readonly seed: number;
  /** Scenarios at a time, each with a service and databases of its own. */
  readonly workers: number;
}

export interface CampaignResult {
  readonly pair: string;
  readonly mode: string;
  readonly seed: number;
  readonly scenarios: number;
  readonly kills: number;
  /** Kills by the step that had begun last; `other` are those without a name, and before the first one. */
  readonly steps: Readonly<Partial<Record<NamedStep | 'other', number>>>;
  /** Named steps that an undisturbed run goes through. */
  readonly known: readonly NamedStep[];
  readonly lost: number;
  readonly doubled: number;
  readonly wronglyDeadLettered: number;
  /** What else should not have been; each with the seed of its scenario. */
  readonly problems: readonly string[];
}

/** Kills runs of a route until it was done often enough, and compares each scenario with an undisturbed one. */
export async function runCampaign(route: Route, options: CampaignOptions): Promise<CampaignResult> {
  const { service, server, kills, seed, workers } = options;
  const sum = { scenarios: 0, kills: 0, lost: 0, doubled: 0, wronglyDeadLettered: 0 };
  const steps: Partial<Record<NamedStep | 'other', number>> = {};
  const known = new Set<NamedStep>();
  const problems: string[] = [];
  let next = seed;
  await Promise.all(
    Array.from({ length: workers }, async () => {
      const workspace = await Workspace.open(service, route, server);
      try {
        const undisturbed = await runUndisturbed(workspace, route);
        for (const step of undisturbed.flatMap((round) => round.steps)) {
          const name = nameOfStep(step);
          if (name !== undefined) known.add(name);
        }
        while (sum.kills < kills) {
          const own = next++;
          const outcome = await runScenario(workspace, route, undisturbed, new Random(own));
          sum.scenarios += 1;
          sum.kills += outcome.killedAt.length;
          sum.lost += outcome.lost;
          sum.doubled += outcome.doubled;
          sum.wronglyDeadLettered += outcome.wronglyDeadLettered;
          for (const step of outcome.killedAt) {
            const name = nameOfStep(step) ?? 'other';
            steps[name] = (steps[name] ?? 0) + 1;
          }
          problems.push(...outcome.problems.map((problem) => `seed ${own}: ${problem}`));
        }
      } finally {
        await workspace.close();
      }
    }),
  );
  return { pair: pairOf(route), mode: modeOf(route), seed, ...sum, steps, known: [...known], problems };
}
