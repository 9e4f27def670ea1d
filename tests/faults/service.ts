import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { completeAnswers } from '../../scripts/template/answers.ts';
import { readTemplate, withoutRemote } from '../../scripts/template/definition.ts';
import { LocalScaffolder } from '../../scripts/template/scaffolder.ts';

/** A user and a group that own nothing. */
const NOBODY = 65_534;

/** How a command of a service ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A service rendered from the template, with the dependencies of the skeleton, in a folder of its own. */
export class Service {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  /** Another service with the same code and files, so that a test does as it likes. */
  copy(): Service {
    const folder = mkdtempSync(join(tmpdir(), 'service-'));
    cpSync(this.folder, folder, { recursive: true, verbatimSymlinks: true });
    return new Service(folder);
  }

  /**
   * Starts `npm run pipeline -- …`, without npm between us and the process.
   *
   * @param nodeArguments options of Node; what they load may tell something on file descriptor 3
   */
  start(
    arguments_: readonly string[],
    environment: Record<string, string> = {},
    nodeArguments: readonly string[] = [],
  ): ChildProcess {
    return spawn(process.execPath, [...nodeArguments, 'src/main.ts', ...arguments_], {
      cwd: this.folder,
      env: { ...this.#environment(), HOME: process.env.HOME ?? '', ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
  }

  /** The same as a user to whom file permissions apply, should the tests be run by root; `hidden` it may not read. */
  startUnprivileged(arguments_: readonly string[], hidden: string): ChildProcess {
    execFileSync('chmod', ['-R', 'a+rwX', this.path('data'), this.path('src')]);
    chmodSync(this.folder, 0o777);
    chmodSync(this.path(hidden), 0);
    return spawn(process.execPath, ['src/main.ts', ...arguments_], {
      cwd: this.folder,
      env: this.#environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(process.getuid?.() === 0 && { uid: NOBODY, gid: NOBODY }),
    });
  }

  /** @param within milliseconds, after which it is aborted (SIGABRT): it hangs */
  async pipeline(
    arguments_: readonly string[],
    environment: Record<string, string> = {},
    { within = 300_000 }: { readonly within?: number } = {},
  ): Promise<Ended> {
    const child = this.start(arguments_, environment);
    const hung = setTimeout(() => child.kill('SIGABRT'), within);
    try {
      return await ended(child);
    } finally {
      clearTimeout(hung);
    }
  }

  /** What was compiled once is there for copies, and for processes that are killed before they could keep it. */
  #environment(): Record<string, string> {
    return {
      PATH: process.env.PATH ?? '',
      CI: 'true',
      NODE_COMPILE_CACHE: this.path('compiled'),
      NODE_COMPILE_CACHE_PORTABLE: '1',
    };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Waits for the end of a process, and gives what it printed. */
export function ended(child: ChildProcess): Promise<Ended> {
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (data: Buffer) => {
    output.stdout += data.toString();
  });
  child.stderr?.on('data', (data: Buffer) => {
    output.stderr += data.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...output }));
  });
}

/** Renders services through the real scaffolder. */
export async function renderServices(answers: readonly Record<string, unknown>[]): Promise<Service[]> {
  const template = withoutRemote(readTemplate());
  const scaffolder = new LocalScaffolder(template);
  await scaffolder.start();
  try {
    const services: Service[] = [];
    for (const given of answers) {
      const folder = mkdtempSync(join(tmpdir(), 'service-'));
      await scaffolder.run(completeAnswers(template, { name: 'orders', ...given }), folder);
      symlinkSync(fileURLToPath(new URL('../../skeleton/node_modules', import.meta.url)), join(folder, 'node_modules'));
      const service = new Service(folder);
      await service.pipeline(['validate']);
      services.push(service);
    }
    return services;
  } finally {
    await scaffolder.stop();
  }
}
