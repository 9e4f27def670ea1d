import type { Random } from '../random.ts';
import { compare } from './compare.ts';
import { nameOfStep } from './named-steps.ts';
import { ROUNDS } from './orders.ts';
import type { Route } from './routes.ts';
import { type Kill, watchedRun } from './run.ts';
import type { UndisturbedRound } from './undisturbed.ts';
import type { Letter, Workspace } from './workspace.ts';

/** What one life of a pipeline showed: two rounds, killed on its way, and each brought to its end. */
export interface ScenarioOutcome {
  /** What the killed runs were doing, step by step. */
  readonly killedAt: readonly string[];
  readonly lost: number;
  readonly doubled: number;
  /** Dead letters that are missing, or that are there too often. */
  readonly wronglyDeadLettered: number;
  /** Everything else that should not be, in words. */
  readonly problems: readonly string[];
}

const MOST_KILLS_A_ROUND = 15;
/** Of the steps of an undisturbed run: what is left of them when a run was killed late. */
const EARLY = 1 / 4;
const LONGEST_WAIT_MILLISECONDS = 12;

/** @param undisturbed what each round leaves without kills */
export async function runScenario(
  workspace: Workspace,
  route: Route,
  undisturbed: readonly UndisturbedRound[],
  random: Random,
): Promise<ScenarioOutcome> {
  const killedAt: string[] = [];
  const problems: string[] = [];
  const total = { lost: 0, doubled: 0, wronglyDeadLettered: 0 };
  const letters: Letter[] = [];
  await workspace.reset();
  for (const [index, round] of ROUNDS.entries()) {
    const expected = undisturbed[index];
    if (expected === undefined) throw new RangeError(`There is no undisturbed round ${round}.`);
    const before = index === 0 ? undefined : undisturbed[index - 1]?.contents;
    await workspace.source.bring(round);
    const { length: known = 0 } = undisturbed[index - 1]?.deadLetters ?? [];
    letters.push(...expected.deadLetters.slice(known));
    let complete = false;
    for (let kills = random.between(1, MOST_KILLS_A_ROUND); kills > 0 && !complete; kills--) {
      const kill = chooseKill(isEarly(route, random) ? earlyOf(expected.steps) : expected.steps, random);
      const run = await watchedRun(workspace.service, workspace.environment, kill);
      if (run.signal === 'SIGKILL') killedAt.push(run.steps.at(-1) ?? 'start');
      else if (run.code !== 0) problems.push(`${describe(kill)}: ended with ${run.signal ?? run.code}: ${run.stderr}`);
      const found = await workspace.sink.contents();
      if (workspace.sink.isDecided?.() === true) {
        // This load is done, and the next run is another one of the same records.
        letters.push(...expected.deadLetters.slice(known));
        break;
      }
      complete = run.signal !== 'SIGKILL' || (route.mode === 'replace' && isSame(expected.contents, found));
      problems.push(
        ...seenMeanwhile(route, before, expected.contents, found).map((seen) => `${describe(kill)}: ${seen}`),
      );
    }
    if (!complete) problems.push(...(await finish(workspace, expected)));
    const difference = compare(expected.contents, (await workspace.sink.contents()) ?? []);
    const form = route.mode === 'replace' ? withoutSequence : asItIs;
    const letterDifference = compare(letters.map(form), workspace.deadLetters().map(form));
    total.lost += difference.lost.length;
    total.doubled += difference.doubled.length;
    total.wronglyDeadLettered += letterDifference.lost.length + letterDifference.doubled.length;
    const examples = {
      ...difference,
      'dead letter missing': letterDifference.lost,
      'dead letter too many': letterDifference.doubled,
    };
    for (const [what, [example]] of Object.entries(examples)) {
      if (example !== undefined) problems.push(`${what} in round ${round}: ${example}`);
    }
  }
  return { killedAt, ...total, problems };
}

/** In which load of the same records it was found does not matter where each run loads all of them. */
function withoutSequence({ text }: Letter): string {
  const { id: _, sequence: __, ...letter } = JSON.parse(text);
  return JSON.stringify(letter);
}

function asItIs({ text }: Letter): string {
  return text;
}

/**
 * A run that goes on where the last one was killed has fewer steps than an undisturbed one, and one that replaces is
 * over once it has committed: kills that are spread over all steps would soon come too late.
 */
function isEarly({ mode }: Route, random: Random): boolean {
  return random.next() < (mode === 'replace' ? 0.4 : 0.7);
}

function earlyOf(steps: readonly string[]): readonly string[] {
  return steps.slice(0, Math.ceil(steps.length * EARLY));
}

/** Some at a step that has a name, some at any step, and some whenever it may be. */
function chooseKill(steps: readonly string[], random: Random): Kill {
  const how = random.next();
  if (how < 0.35) {
    return { step: random.between(1, steps.length), milliseconds: random.between(0, LONGEST_WAIT_MILLISECONDS) };
  }
  const wanted = how < 0.7 ? random.pick([...new Set(steps.map(nameOfStep))]) : undefined;
  const step = random.pick([...new Set(steps.filter((each) => wanted === undefined || nameOfStep(each) === wanted))]);
  const times = steps.filter((each) => each === step).length;
  return { step, occurrence: random.between(1, times), when: random.pick(['before', 'during', 'after']) };
}

/** The run that nobody kills: it ends well, and its manifest tells of what the killed ones had not committed. */
async function finish(workspace: Workspace, expected: UndisturbedRound): Promise<string[]> {
  const { code, stderr } = await workspace.service.pipeline(['run', '--json'], workspace.environment);
  if (code !== 0) return [`the run after the kills ended with ${code}: ${stderr}`];
  const manifests = workspace.manifests();
  const last = manifests.at(-1);
  if (last === undefined) return ['the run after the kills left no manifest'];
  const { counts, from, to } = last;
  const first = expected.lastSequence - counts.batches;
  const letters = expected.deadLetters.filter(({ sequence }) => sequence > first).length;
  const wanted = { read: workspace.source.recordsBetween(from, to), deadLettered: letters };
  const found = { read: counts.read, deadLettered: counts.deadLettered };
  const open = manifests.filter(({ status }) => status === 'running').length;
  return [
    ...(isSameText(wanted, found) ? [] : [`the manifest says ${JSON.stringify(found)} of ${JSON.stringify(wanted)}`]),
    ...(open === 0 ? [] : [`${open} manifests still say that they are running`]),
  ];
}

/** What readers must not find while a run is under way: anything half, anything twice. */
function seenMeanwhile(
  { mode }: Route,
  before: readonly string[] | undefined,
  after: readonly string[],
  found: readonly string[] | undefined,
): string[] {
  if (found === undefined) {
    return before === undefined ? [] : ['readers found no table'];
  }
  if (mode === 'append') {
    const { doubled } = compare(after, found);
    return doubled.length === 0 ? [] : [`readers found ${doubled.length} records that should not be there`];
  }
  if (mode === 'merge') return [];
  return isSame(before ?? [], found) || isSame(after, found)
    ? []
    : ['readers found neither the old nor the new contents'];
}

function isSame(expected: readonly string[], found: readonly string[] | undefined): boolean {
  return found !== undefined && isSameText(expected, found);
}

function isSameText(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function describe(kill: Kill): string {
  return 'when' in kill
    ? `killed ${kill.when} ${kill.step} (time ${kill.occurrence})`
    : `killed ${kill.milliseconds} ms after step ${kill.step}`;
}
