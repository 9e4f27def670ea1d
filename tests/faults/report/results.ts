import { z } from 'zod';

const count = z.int().min(0);
/** What must stay 0. */
const harm = { lost: count, doubled: count, wronglyDeadLettered: count, problems: count };

const killSchema = z.strictObject({
  pair: z.string(),
  mode: z.string(),
  /** Of the first scenario; each further one has the next number. */
  seed: z.int(),
  scenarios: count,
  kills: count,
  /** Kills by the step that had begun last. */
  steps: z.record(z.string(), count),
  ...harm,
});

const networkSchema = z.strictObject({
  route: z.string(),
  fault: z.string(),
  /** Phases of the protocol in which the fault was injected. */
  phases: z.array(z.string()),
  seed: z.int(),
  /** Runs that met the fault, and how they ended. */
  faults: count,
  exitCodes: z.record(z.string(), count),
  ...harm,
});

const serverSchema = z.strictObject({
  event: z.string(),
  faults: count,
  exitCodes: z.record(z.string(), count),
  ...harm,
  /** Why it could not be tried. */
  skipped: z.string().optional(),
});

const soakSchema = z.strictObject({
  minutes: z.number(),
  runs: count,
  inserted: count,
  updated: count,
  /** Transactions that committed after later values of the cursor. */
  lateCommits: count,
  lost: count,
  doubled: count,
  /** Peak of the process, MiB: median of the first and of the last quarter of the runs. */
  memoryMebibytes: z.strictObject({ first: z.number(), last: z.number() }),
  /** File handles of the process, likewise. */
  fileHandles: z.strictObject({ first: z.number(), last: z.number() }),
  /** Sessions of the service that the server still has at the end. */
  sessionsLeft: count,
  problems: count,
});

export const reportSchema = z.strictObject({
  node: z.string(),
  postgres: z.string(),
  kill: z.array(killSchema),
  network: z.array(networkSchema),
  server: z.array(serverSchema),
  soak: soakSchema.optional(),
});

export type KillResult = z.infer<typeof killSchema>;
export type NetworkResult = z.infer<typeof networkSchema>;
export type ServerResult = z.infer<typeof serverSchema>;
export type SoakResult = z.infer<typeof soakSchema>;
export type Report = z.infer<typeof reportSchema>;

/** Puts new results in the place of those about the same thing, or behind them. */
export function merge<Result>(
  known: readonly Result[],
  fresh: readonly Result[],
  about: (result: Result) => string,
): Result[] {
  const results = new Map(known.map((result) => [about(result), result]));
  for (const result of fresh) results.set(about(result), result);
  return [...results.values()];
}

/** The sum of several campaigns about the same route. */
export function addKills(known: KillResult, fresh: KillResult): KillResult {
  const steps = { ...known.steps };
  for (const [step, kills] of Object.entries(fresh.steps)) steps[step] = (steps[step] ?? 0) + kills;
  return {
    ...known,
    scenarios: known.scenarios + fresh.scenarios,
    kills: known.kills + fresh.kills,
    steps,
    lost: known.lost + fresh.lost,
    doubled: known.doubled + fresh.doubled,
    wronglyDeadLettered: known.wronglyDeadLettered + fresh.wronglyDeadLettered,
    problems: known.problems + fresh.problems,
  };
}
