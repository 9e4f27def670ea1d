import { spawn } from 'node:child_process';
import type { Command } from './move.ts';
import { ProcessMemory } from './process-memory.ts';
import { timeOfEndedChildren } from './processor-time.ts';

export interface Run {
  /** From the start of the process to its end. */
  readonly seconds: number;
  readonly peakMebibytes: number;
  /** Processor time of the process and all that it started, in seconds. */
  readonly processorSeconds: number;
}

const KEPT_OUTPUT = 2000;

/** @throws Error with the end of what the command said, when it fails */
export async function runCommand(command: Command): Promise<Run> {
  const timeBefore = timeOfEndedChildren();
  const started = performance.now();
  const child = spawn(command.program, command.arguments, {
    cwd: command.folder,
    env: { ...process.env, ...command.environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const memory = new ProcessMemory(child.pid ?? 0);
  let messages = '';
  child.stderr.on('data', (data: Buffer) => {
    messages = (messages + data.toString()).slice(-KEPT_OUTPUT);
  });
  try {
    const code = await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    if (code !== 0) throw new Error(`${command.program} ended with ${code}:\n${messages}`);
    const seconds = (performance.now() - started) / 1000;
    return { seconds, peakMebibytes: memory.stop(), processorSeconds: timeOfEndedChildren() - timeBefore };
  } finally {
    memory.stop();
  }
}
