import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type pg from 'pg';
import type { Comparison } from './fingerprint.ts';
import type { Inputs } from './inputs.ts';
import type { Candidate, EventLoop, Move, Route, Sink } from './move.ts';
import { timeOfTree } from './processor-time.ts';
import type { TimeByPart } from './profile.ts';
import { type Run, runCommand } from './run-command.ts';
import type { Verification } from './verification.ts';

export interface Planned {
  readonly candidate: Candidate;
  readonly repetitions: number;
  /** Whether it runs once more, to see where its time goes. */
  readonly profiled?: boolean;
}

export interface MeasuredRun extends Run {
  /** Processor time of the PostgreSQL server in the meantime, in seconds. */
  readonly serverSeconds: number;
}

export interface Measurement {
  readonly candidate: Candidate;
  /** In the order of the repetitions. */
  readonly runs: readonly MeasuredRun[];
  /** Of what the last repetition wrote with what was read; none where nothing is written. */
  readonly comparison?: Comparison;
  /** Of each repetition. */
  readonly eventLoops?: readonly EventLoop[];
  /** Where the time of one more run went. */
  readonly timeByPart?: TimeByPart;
  /** Why it did not come to its end. */
  readonly failure?: string;
}

/** Where candidates find their data and leave it. */
export interface Ground {
  readonly url: string;
  readonly database: pg.Client;
  /** Process id of the server. */
  readonly server: number;
  readonly inputs: Inputs;
  /** Of the benchmark alone. */
  readonly folder: string;
  readonly verification: Verification;
  readonly tell: (message: string) => void;
}

const SCHEMA = 'sink';
/** The failure of a candidate for which a route does not exist. */
export const NOT_DONE = 'does not do this route';

/** Runs the candidates in turn (A B C A B C …), so that what slows the machine down slows all of them. */
export async function measure(route: Route, planned: readonly Planned[], ground: Ground): Promise<Measurement[]> {
  const sink = sinkOf(route, ground);
  const measurements = new Map<Candidate, Measurement>(
    planned.map(({ candidate }) => [candidate, begin(candidate, route)]),
  );
  const rounds = Math.max(0, ...planned.map(({ repetitions }) => repetitions));
  for (let round = 1; round <= rounds; round++) {
    for (const { candidate, repetitions, profiled = false } of planned) {
      const before = measurements.get(candidate);
      if (before === undefined || before.failure !== undefined || round > repetitions) continue;
      const last = round === repetitions;
      const measured = await next(before, { route, sink, ground, last });
      measurements.set(candidate, last && profiled ? await withProfile(measured, { route, sink, ground }) : measured);
    }
  }
  return [...measurements.values()];
}

function begin(candidate: Candidate, route: Route): Measurement {
  return { candidate, runs: [], ...(!candidate.does(route) && { failure: NOT_DONE }) };
}

interface Setting {
  readonly route: Route;
  readonly sink: Sink;
  readonly ground: Ground;
}

interface Round extends Setting {
  readonly last: boolean;
}

async function next(before: Measurement, { route, sink, ground, last }: Round): Promise<Measurement> {
  const { candidate } = before;
  const name = `${candidate.name} (${candidate.variant})`;
  try {
    const folder = await clear(ground, sink);
    const command = await candidate.prepare(await moveTo(route, sink, folder, ground));
    const serverBefore = timeOfTree(ground.server);
    const run = await runCommand(command);
    const serverSeconds = timeOfTree(ground.server) - serverBefore;
    ground.tell(`  ${name}: ${run.seconds.toFixed(2)} s, ${run.peakMebibytes} MiB`);
    const eventLoop = candidate.eventLoop?.();
    const comparison = last ? ground.verification.compare(candidate, sink) : undefined;
    if (comparison !== undefined && comparison.differences.length > 0)
      ground.tell(`  ${name}: ${comparison.differences}`);
    return {
      ...before,
      runs: [...before.runs, { ...run, serverSeconds }],
      ...(eventLoop !== undefined && { eventLoops: [...(before.eventLoops ?? []), eventLoop] }),
      ...(comparison && { comparison }),
    };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    ground.tell(`  ${name} failed: ${failure}`);
    return { ...before, failure };
  }
}

async function withProfile(measured: Measurement, { route, sink, ground }: Setting): Promise<Measurement> {
  const { candidate, failure } = measured;
  if (candidate.profile === undefined || failure !== undefined) return measured;
  const folder = await clear(ground, sink);
  const command = await candidate.prepare(await moveTo(route, sink, folder, ground));
  await runCommand(candidate.profile.command(command));
  return { ...measured, timeByPart: candidate.profile.read() };
}

function sinkOf(route: Route, { folder }: Ground): Sink {
  return { kind: route.sink, location: route.sink === 'table' ? `${SCHEMA}.moved` : join(folder, 'sink/moved') };
}

/** Empties what a candidate writes to, and has the server write what it has in memory. */
async function clear({ database, folder }: Ground, sink: Sink): Promise<string> {
  const own = join(folder, 'candidate');
  for (const each of [own, join(folder, 'sink')]) {
    rmSync(each, { recursive: true, force: true });
    mkdirSync(each);
  }
  if (sink.kind !== 'table')
    mkdirSync(sink.kind === 'parquet' ? sink.location : dirname(sink.location), { recursive: true });
  await database.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
  await database.query(`CREATE SCHEMA ${SCHEMA}`);
  await database.query('CHECKPOINT');
  return own;
}

async function moveTo(route: Route, sink: Sink, folder: string, { url, inputs, database }: Ground): Promise<Move> {
  return {
    route,
    url,
    source: await inputs.source(route.source),
    sink,
    folder,
    binaryFile: () => inputs.binaryFile(),
    halves: (kind) => inputs.halves(kind),
    async createTable() {
      await database.query(`CREATE TABLE ${sink.location} (LIKE ${inputs.table.location})`);
    },
  };
}
