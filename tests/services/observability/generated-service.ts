import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { render } from '../deployment/rendered.ts';

const project = join(import.meta.dirname, '../../..');

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A generated repository that is ready to run, with the skeleton's own installed packages. */
export class GeneratedService {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(answers: Record<string, unknown>): Promise<GeneratedService> {
    const folder = await render(answers);
    await symlink(join(project, 'skeleton/node_modules'), join(folder, 'node_modules'));
    return new GeneratedService(folder);
  }

  /** Puts a file of this folder into the repository, its imports of the skeleton changed to where it then is. */
  async addFile(source: string, target: string, runtime: string): Promise<void> {
    const code = await readFile(join(import.meta.dirname, source), 'utf8');
    const path = join(this.folder, target);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, code.replaceAll('../../../../skeleton/base/src/runtime/', runtime));
  }

  async write(file: string, content: string): Promise<void> {
    await writeFile(join(this.folder, file), content);
  }

  /** Runs a program of the repository, with nothing of Datadog in its environment but what is given. */
  async run(args: readonly string[], environment: Record<string, string> = {}): Promise<CommandResult> {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(DD_|LOG_LEVEL$|CI$|NODE_|VITEST)/.test(name));
    const child = spawn(process.execPath, args, {
      cwd: this.folder,
      env: { ...Object.fromEntries(inherited), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number | null>((resolve) => child.on('close', resolve)),
    ]);
    return { code, stdout, stderr };
  }

  async remove(): Promise<void> {
    await rm(dirname(this.folder), { recursive: true, force: true });
  }
}
