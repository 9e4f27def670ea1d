import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const skeleton = resolve(import.meta.dirname, '../../skeleton');

export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A repository as the template makes it, apart from the files that are rendered: overlays copied over each other. */
export class AssembledRepository {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** @param folders overlays (`base`, `connectors/delta`), or absolute paths of folders with more files */
  static async assemble(folders: readonly string[]): Promise<AssembledRepository> {
    const directory = await mkdtemp(join(tmpdir(), 'repository-'));
    for (const folder of folders) {
      await cp(resolve(skeleton, folder), directory, { recursive: true, filter: (path) => !path.endsWith('.njk') });
    }
    await symlink(join(skeleton, 'node_modules'), join(directory, 'node_modules'));
    await writeFile(join(directory, 'package.json'), '{\n  "type": "module",\n  "private": true\n}\n');
    return new AssembledRepository(directory);
  }

  write(path: string, contents: string): Promise<void> {
    return writeFile(join(this.directory, path), contents);
  }

  /** Starts a program of the repository; the environment is that of this process without its settings for the CLI. */
  start(command: readonly string[], environment: Readonly<Record<string, string>> = {}): ChildProcess {
    const { LOG_LEVEL: _, CI: __, ...inherited } = process.env;
    return spawn(process.execPath, command, {
      cwd: this.directory,
      env: { ...inherited, LOG_LEVEL: 'silent', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** `npm run pipeline -- …` */
  pipeline(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<CommandResult> {
    return finished(this.start(['src/main.ts', ...args], environment));
  }

  remove(): Promise<void> {
    return rm(this.directory, { recursive: true });
  }
}

/** Waits until a program ends, and gathers what it printed. */
export async function finished(child: ChildProcess): Promise<CommandResult> {
  const stdout = gather(child.stdout);
  const stderr = gather(child.stderr);
  const exitCode = await new Promise<number | null>((done, fail) => {
    child.once('error', fail);
    child.once('close', done);
  });
  return { exitCode, stdout: stdout.join(''), stderr: stderr.join('') };
}

function gather(stream: NodeJS.ReadableStream | null): string[] {
  const chunks: string[] = [];
  stream?.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  return chunks;
}
