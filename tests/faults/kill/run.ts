import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { FAILPOINT_VARIABLE, type Failpoint, STEP_DESCRIPTOR } from '../failpoint.ts';
import { type Ended, ended, type Service } from '../service.ts';

/** Some time after a step, wherever the process is then. */
export interface RandomKill {
  /** Number of the step, from 1. */
  readonly step: number;
  readonly milliseconds: number;
}

export type Kill = Failpoint | RandomKill;

export interface WatchedRun extends Ended {
  /** The steps that were begun, in their order. */
  readonly steps: readonly string[];
}

const FAILPOINTS = fileURLToPath(new URL('../failpoints.ts', import.meta.url));
/** A run takes about a second. */
const HUNG_AFTER_MILLISECONDS = 90_000;

/** Told of the steps so far, each time that there is another one. */
export type OnStep = (steps: readonly string[], process: ChildProcess) => void;

/** Runs the service with failpoints, and kills it where `kill` says, if it gets there. */
export async function watchedRun(
  service: Service,
  environment: Record<string, string>,
  kill?: Kill,
  onStep?: OnStep,
  options: readonly string[] = [],
): Promise<WatchedRun> {
  const failpoint = kill !== undefined && 'when' in kill ? kill : undefined;
  const variables = { ...environment, ...(failpoint && { [FAILPOINT_VARIABLE]: JSON.stringify(failpoint) }) };
  const child = service.start(['run', '--json', ...options], variables, ['--import', FAILPOINTS]);
  const steps: string[] = [];
  const told = child.stdio[STEP_DESCRIPTOR] as Readable;
  let rest = '';
  told.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      steps.push(line);
      onStep?.(steps, child);
    }
    if (kill !== undefined && 'milliseconds' in kill && steps.length >= kill.step) {
      setTimeout(() => child.kill('SIGKILL'), kill.milliseconds);
    }
  });
  const hung = setTimeout(() => child.kill('SIGABRT'), HUNG_AFTER_MILLISECONDS);
  const end = await ended(child);
  clearTimeout(hung);
  return { ...end, steps };
}
