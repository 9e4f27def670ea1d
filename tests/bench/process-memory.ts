import { readdirSync, readFileSync } from 'node:fs';

const POLL_MILLISECONDS = 50;

/** Watches the resident memory of a process and of all that it starts, by way of /proc (Linux). */
export class ProcessMemory {
  readonly #root: number;
  readonly #timer: NodeJS.Timeout;
  #peakKibibytes = 0;

  constructor(processId: number) {
    this.#root = processId;
    this.#timer = setInterval(() => this.#poll(), POLL_MILLISECONDS);
    this.#poll();
  }

  /** Largest sum seen, and never less than the peak that the system knows of one of the processes. */
  stop(): number {
    clearInterval(this.#timer);
    return Math.round(this.#peakKibibytes / 1024);
  }

  #poll(): void {
    const all = processTree(this.#root).map(memoryOf);
    const sum = all.reduce((total, { resident }) => total + resident, 0);
    this.#peakKibibytes = Math.max(this.#peakKibibytes, sum, ...all.map(({ peak }) => peak));
  }
}

function processTree(root: number): number[] {
  return [root, ...childrenOf(root).flatMap(processTree)];
}

function childrenOf(processId: number): number[] {
  const threads = orNothing(() => readdirSync(`/proc/${processId}/task`), []);
  return threads.flatMap((thread) =>
    read(`/proc/${processId}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  );
}

function memoryOf(processId: number): { readonly resident: number; readonly peak: number } {
  const status = read(`/proc/${processId}/status`);
  const value = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  return { resident: value('VmRSS'), peak: value('VmHWM') };
}

/** A process may end between two looks at it. */
function read(path: string): string {
  return orNothing(() => readFileSync(path, 'utf8'), '');
}

function orNothing<T>(look: () => T, nothing: T): T {
  try {
    return look();
  } catch {
    return nothing;
  }
}
