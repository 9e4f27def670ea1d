import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Failpoint } from './failpoint.ts';
import { type WatchedRun, watchedRun } from './kill/run.ts';
import type { Service } from './service.ts';

/** Does harm while the run stands still. What is returned goes on beside the run. */
export type Disturb = (run: ChildProcess) => Promise<(() => Promise<void>) | undefined>;

/**
 * A run that stands still before a step while it is disturbed, and then goes on: however busy the machine is, the run is
 * where the test wants it.
 *
 * @throws Error with what the run printed, when it ended before it came to that step
 */
export async function disturbedRun(
  service: Service,
  environment: Record<string, string>,
  { step, occurrence }: Omit<Failpoint, 'when'>,
  disturb: Disturb,
): Promise<WatchedRun> {
  let disturbed: Promise<void> | undefined;
  const run = await watchedRun(service, environment, { step, occurrence, when: 'stop' }, (steps, process) => {
    if (disturbed !== undefined || steps.filter((each) => each === step).length < occurrence) return;
    disturbed = stopped(process).then(async () => {
      const goesOn = await disturb(process);
      process.kill('SIGCONT');
      await goesOn?.();
    });
    // Told of below; the run need not have ended yet.
    disturbed.catch(() => process.kill('SIGKILL'));
  });
  if (disturbed === undefined)
    throw new Error(`The run ended with ${run.signal ?? run.code} before it could be disturbed:\n${run.stderr}`);
  await disturbed;
  return run;
}

/** Waits until a process that stops itself stands still, by what Linux says of it. */
async function stopped({ pid }: ChildProcess): Promise<void> {
  while (!/^\d+ \(.*\) T/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) await delay(1);
}

/** Waits until a run has printed something. @throws Error when it ended before */
export function printed(run: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    run.stderr?.on('data', (data: Buffer) => {
      output += data.toString();
      if (output.includes(text)) resolve();
    });
    run.on('close', (code, signal) =>
      reject(new Error(`The run ended with ${signal ?? code} and did not print "${text}":\n${output}`)),
    );
  });
}
