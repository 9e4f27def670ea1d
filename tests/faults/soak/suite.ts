import { readdirSync, readFileSync } from 'node:fs';
import { compare } from '../kill/compare.ts';
import type { Route } from '../kill/routes.ts';
import { Workspace } from '../kill/workspace.ts';
import { Random } from '../random.ts';
import type { SoakResult } from '../report/results.ts';
import { ended, type Service } from '../service.ts';
import { type Written, write } from './writer.ts';

const ROUTE: Route = { source: 'postgres', sink: 'postgres', mode: 'merge' };
const WRITERS = 3;
const SAMPLE_MILLISECONDS = 40;

/** What the system saw of a process. */
interface Usage {
  /** Peak of resident memory. */
  memoryMebibytes: number;
  fileHandles: number;
}

/** Runs the service again and again beside writers that never rest, and compares both ends when they do. */
export async function soak(
  seconds: number,
  { service, server, seed }: { readonly service: Service; readonly server: string; readonly seed: number },
): Promise<Omit<SoakResult, 'problems'> & { readonly problems: readonly string[] }> {
  const workspace = await Workspace.open(service, ROUTE, server);
  const { SHOP_DATABASE_URL: shop = '' } = workspace.environment;
  const written: Written = { inserted: 0, updated: 0, lateCommits: 0, latest: 0n };
  const enough = new AbortController();
  const problems: string[] = [];
  const usages: Usage[] = [];
  try {
    await workspace.reset();
    const writers = Array.from({ length: WRITERS }, (_, index) =>
      write(shop, { index, count: WRITERS }, written, new Random(seed + index), enough.signal),
    );
    const end = performance.now() + 1000 * seconds;
    while (performance.now() < end) usages.push(await run(workspace, problems));
    enough.abort();
    await Promise.all(writers);
    usages.push(await run(workspace, problems));
    const { lost, doubled } = compare(await workspace.goodOrders(), await workspace.loadedOrders());
    return {
      minutes: Math.round(seconds / 6) / 10,
      runs: usages.length,
      inserted: written.inserted,
      updated: written.updated,
      lateCommits: written.lateCommits,
      lost: lost.length,
      doubled: doubled.length,
      memoryMebibytes: quarters(usages.map(({ memoryMebibytes }) => memoryMebibytes)),
      fileHandles: quarters(usages.map(({ fileHandles }) => fileHandles)),
      sessionsLeft: await workspace.sessions(),
      problems,
    };
  } finally {
    enough.abort();
    await workspace.close();
  }
}

async function run({ service, environment }: Workspace, problems: string[]): Promise<Usage> {
  const usage: Usage = { memoryMebibytes: 0, fileHandles: 0 };
  const child = service.start(['run', '--json'], environment);
  const samples = setInterval(() => sample(child.pid, usage), SAMPLE_MILLISECONDS);
  const { code, signal, stderr } = await ended(child);
  clearInterval(samples);
  if (code !== 0) problems.push(`a run ended with ${signal ?? code}: ${stderr}`);
  return usage;
}

/** From Linux's /proc; a process that has just ended has nothing there. */
function sample(process: number | undefined, usage: Usage): void {
  try {
    const [, peak = '0'] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${process}/status`, 'utf8')) ?? [];
    usage.memoryMebibytes = Math.max(usage.memoryMebibytes, Number(peak) / 1024);
    usage.fileHandles = Math.max(usage.fileHandles, readdirSync(`/proc/${process}/fd`).length);
  } catch {
    // It ended between two samples.
  }
}

/** Medians of the first and of the last quarter. */
function quarters(values: readonly number[]): { first: number; last: number } {
  const size = Math.max(1, Math.floor(values.length / 4));
  return { first: median(values.slice(0, size)), last: median(values.slice(-size)) };
}

function median(values: readonly number[]): number {
  return Math.round(values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0);
}
