import { readFileSync, writeFileSync } from 'node:fs';
import { compare } from '../kill/compare.ts';
import { modeOf, pairOf, type Route } from '../kill/routes.ts';
import { runUndisturbed, type UndisturbedRound } from '../kill/undisturbed.ts';
import { Workspace } from '../kill/workspace.ts';
import { Random } from '../random.ts';
import type { NetworkResult } from '../report/results.ts';
import type { Ended, Service } from '../service.ts';
import { PHASES, type Phase } from './protocol.ts';
import { type Fault, FaultProxy } from './proxy.ts';

/** Ways that have PostgreSQL at one end, which is the one behind the proxy, or at both ends. */
export const NETWORK_ROUTES: readonly Route[] = [
  { source: 'postgres', sink: 'files', mode: 'append', format: 'ndjson' },
  { source: 'postgres', sink: 'files', mode: 'replace', format: 'ndjson' },
  { source: 'files', sink: 'postgres', mode: 'append' },
  { source: 'files', sink: 'postgres', mode: 'merge' },
  { source: 'files', sink: 'postgres', mode: 'replace' },
  { source: 'postgres', sink: 'postgres', mode: 'append', records: 'as they are' },
];

/** Short, so that a fault that nobody is told of is noticed soon. */
const DEADLINES = '    deadlines: { source: 3s, sink: 3s, retry: 20s }\n';
const HUNG_AFTER_MILLISECONDS = 60_000;
const ALLOWED_EXIT_CODES = [0, 75];

export interface NetworkOptions {
  /** Made by `renderKilledService`. */
  readonly service: Service;
  /** The superuser's address of a PostgreSQL server. */
  readonly server: string;
  readonly faults: readonly Fault[];
  /** How often each of them in each phase. */
  readonly times: number;
  readonly seed: number;
}

/** Injects each fault in each phase that a route has, and brings the run to its end. */
export async function* runNetworkSuite(
  route: Route,
  { service, server, faults, times, seed }: NetworkOptions,
): AsyncGenerator<Omit<NetworkResult, 'problems'> & { readonly problems: readonly string[] }> {
  const workspace = await Workspace.open(service, route, server);
  const proxy = await FaultProxy.start(Number(new URL(server).port));
  const random = new Random(seed);
  try {
    const pipeline = workspace.service.path('pipeline.yaml');
    writeFileSync(pipeline, readFileSync(pipeline, 'utf8') + DEADLINES);
    const [expected] = await runUndisturbed(workspace, route);
    if (expected === undefined) throw new Error('There is no undisturbed round.');
    const attempt = new Attempt(workspace, proxy, expected);
    const phases = await attempt.phases();
    for (const fault of faults) {
      const sum = { faults: 0, exitCodes: {} as Record<string, number>, lost: 0, doubled: 0, wronglyDeadLettered: 0 };
      const problems: string[] = [];
      for (const [phase, reached] of Array.from({ length: times }, () => [...phases]).flat()) {
        const occurrence = random.between(1, reached);
        const outcome = await attempt.run(phase, occurrence, fault);
        sum.faults += 1;
        sum.exitCodes[outcome.exitCode] = (sum.exitCodes[outcome.exitCode] ?? 0) + 1;
        sum.lost += outcome.lost;
        sum.doubled += outcome.doubled;
        sum.wronglyDeadLettered += outcome.wronglyDeadLettered;
        problems.push(...outcome.problems.map((problem) => `${fault} at ${phase} ${occurrence}: ${problem}`));
      }
      yield { route: `${pairOf(route)}, ${modeOf(route)}`, fault, phases: [...phases.keys()], seed, ...sum, problems };
    }
  } finally {
    await workspace.close();
    await proxy.stop();
  }
}

class Attempt {
  readonly #workspace: Workspace;
  readonly #proxy: FaultProxy;
  readonly #expected: UndisturbedRound;
  readonly #environment: Record<string, string>;

  constructor(workspace: Workspace, proxy: FaultProxy, expected: UndisturbedRound) {
    this.#workspace = workspace;
    this.#proxy = proxy;
    this.#expected = expected;
    const behind = Object.entries(workspace.environment).map(([name, value]) =>
      name.endsWith('_URL') ? [name, proxy.urlOf(value)] : [name, value],
    );
    this.#environment = Object.fromEntries(behind);
  }

  /** The phases that a run goes through, and how often. */
  async phases(): Promise<ReadonlyMap<Phase, number>> {
    this.#proxy.arm(undefined);
    await this.#start();
    const { code, stderr } = await this.#run();
    if (code !== 0) throw new Error(`A run through a proxy that does nothing ended with ${code}: ${stderr}`);
    const reached = PHASES.flatMap((phase): [Phase, number][] => {
      const times = this.#proxy.reached.get(phase);
      return times === undefined ? [] : [[phase, times]];
    });
    return new Map(reached);
  }

  async run(phase: Phase, occurrence: number, fault: Fault) {
    this.#proxy.arm({ phase, occurrence, fault });
    await this.#start();
    const { code, signal, stderr } = await this.#run();
    const problems: string[] = [];
    const allowed = ALLOWED_EXIT_CODES.some((each) => each === code);
    if (!allowed) problems.push(`ended with ${signal ?? code}: ${stderr}`);
    if (!this.#proxy.injected) problems.push('the run never got there');
    if (code !== 0) {
      const next = await this.#run();
      if (next.code !== 0) problems.push(`the next run ended with ${next.signal ?? next.code}: ${next.stderr}`);
    }
    const difference = compare(this.#expected.contents, (await this.#workspace.sink.contents()) ?? []);
    const letters = compare(
      this.#expected.deadLetters.map(({ text }) => text),
      this.#workspace.deadLetters().map(({ text }) => text),
    );
    return {
      exitCode: String(code ?? signal),
      lost: difference.lost.length,
      doubled: difference.doubled.length,
      wronglyDeadLettered: letters.lost.length + letters.doubled.length,
      problems,
    };
  }

  async #start(): Promise<void> {
    await this.#workspace.reset();
    await this.#workspace.source.bring(1);
  }

  #run(): Promise<Ended> {
    const { service } = this.#workspace;
    return service.pipeline(['run'], this.#environment, { within: HUNG_AFTER_MILLISECONDS });
  }
}
