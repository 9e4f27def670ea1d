import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const observability = pathToFileURL(`${import.meta.dirname}/../../../skeleton/base/src/runtime/observability/`);

export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program in a process of its own, with nothing of Datadog in its environment but what is given. In `source`,
 * `load(file)` imports a file of `runtime/observability`.
 */
export async function runProgram(source: string, environment: Record<string, string> = {}): Promise<ProgramResult> {
  const program = `const load = (file) => import(new URL(file, ${JSON.stringify(observability.href)}).href);\n${source}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    env: cleanEnvironment(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.on('close', resolve)),
  ]);
  return { code, stdout, stderr };
}

/** Runs a program as `runProgram` does, on a terminal of 120 columns; `stdout` is what the terminal got. */
export async function runOnTerminal(source: string, environment: Record<string, string> = {}): Promise<ProgramResult> {
  const program = `const load = (file) => import(new URL(file, ${JSON.stringify(observability.href)}).href);\n${source}`;
  const command = 'stty cols 120; exec "$NODE" --input-type=module --eval "$PROGRAM"';
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: { ...cleanEnvironment(environment), NODE: process.execPath, PROGRAM: program, TERM: 'xterm' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.on('close', resolve)),
  ]);
  return { code, stdout, stderr };
}

function cleanEnvironment(environment: Record<string, string>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(DD_|LOG_LEVEL$|CI$|NODE_|VITEST)/.test(name));
  return { ...Object.fromEntries(inherited), ...environment };
}
